"""latentdemo in the browser: streamlit run app.py"""

from pathlib import Path

import streamlit as st

from latentdemo.ui.navigation import streamlit_pages
from latentdemo.ui.sidebar import sidebar
from latentdemo.ui.words import _

ICON = Path(__file__).parent / "latentdemo" / "ui" / "icon.svg"

st.set_page_config("latentdemo", ICON, layout="wide")
page = st.navigation(streamlit_pages(), position="top")
st.session_state["selection"] = sidebar()
page.run()
st.caption(_("Chain sampling after Creswell, Arulkumaran, Bharath 2016 (arXiv 1610.09296)."))
