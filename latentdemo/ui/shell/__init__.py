"""What stands around every page: sidebar, navigation, presentation, and patches of Streamlit."""
