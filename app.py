"""latentdemo in the browser: streamlit run app.py"""

import sys
from pathlib import Path

import streamlit as st

from latentdemo.ui.arguments import take_arguments
from latentdemo.ui.link import arrive
from latentdemo.ui.navigation import streamlit_pages
from latentdemo.ui.presentation import present, presenting
from latentdemo.ui.reconnection import follow_reconnections
from latentdemo.ui.sidebar import sidebar
from latentdemo.ui.words import _, chosen_language, speak

UI = Path(__file__).parent / "latentdemo" / "ui"

st.set_page_config("latentdemo", UI / "icon.svg", layout="wide")
st.html(UI / "style.css")
follow_reconnections()
take_arguments(sys.argv[1:])
speak(chosen_language())
page = st.navigation(streamlit_pages(), position="top")
arrive(page.url_path)
st.session_state["selection"] = sidebar()
present()
page.run()
if not presenting():
    st.caption(_("Chain sampling after Creswell, Arulkumaran, Bharath 2016 (arXiv 1610.09296)."))
