"""latentdemo in the browser: streamlit run app.py"""

import sys
from pathlib import Path

import streamlit as st

from latentdemo.ui.doctor.browser import doctor_is_asked_for, examine_browser
from latentdemo.ui.i18n.words import _, chosen_language, set_language
from latentdemo.ui.overview.opening import opening
from latentdemo.ui.shell.navigation import INVITATION, keep_settings_in_navigation, note_invitation, streamlit_pages
from latentdemo.ui.shell.presentation import present, presenting
from latentdemo.ui.shell.reconnection import send_to_current_connections
from latentdemo.ui.shell.session_lock import share_session_locks
from latentdemo.ui.shell.sign_in import ask_to_sign_in, may_come_in
from latentdemo.ui.shell.sign_in_routes import follow_sign_ins
from latentdemo.ui.state.link import note_page_change

SHELL = Path(__file__).parent / "latentdemo" / "ui" / "shell"
SIDEBAR = 250  # pixels that it is wide; the rest is the page's

st.set_page_config("latentdemo", SHELL / "icon.svg", layout="wide", initial_sidebar_state=SIDEBAR)
st.html(SHELL / "style.css")
send_to_current_connections()
share_session_locks()
set_language(chosen_language())
follow_sign_ins()
alone = INVITATION in st.query_params or doctor_is_asked_for() or not may_come_in()
page = st.navigation(streamlit_pages(), position="hidden" if alone else "top")
if doctor_is_asked_for():
    examine_browser()
    st.stop()
invited = note_invitation(page)
if not invited:
    ask_to_sign_in()
with opening(page.url_path):  # shows the first screen while PyTorch is imported
    from latentdemo.ui.shell.arguments import parse_args
    from latentdemo.ui.shell.sidebar import sidebar
    from latentdemo.ui.state.background import wait_for_nothing_yet
parse_args(sys.argv[1:])
note_page_change(page.url_path)
wait_for_nothing_yet()
if not invited:
    st.session_state["selection"] = sidebar()
    with st.sidebar:
        keep_settings_in_navigation()
    present()
page.run()
if not (presenting() or invited):
    st.caption(_("Chain sampling after Creswell, Arulkumaran, Bharath 2016 (arXiv 1610.09296)."))
