"""The opening picture: the same starting points before and after the chain."""

import streamlit as st

from latentdemo.ui.comparison import Request, comparison_or_wait
from latentdemo.ui.navigation import SAMPLING, selection
from latentdemo.ui.words import _

STEPS = 5
COUNT, COLUMNS = 24, 6

chosen = selection()

st.title(_("Better samples from the model you already have"))
comparison = comparison_or_wait(Request(chosen.model, chosen.config.sha256, chosen.seed, COUNT, (0, STEPS), COLUMNS))
before, after = st.columns(2)
if comparison:
    with before.container(border=True):
        st.subheader(_("Straight from the prior"))
        st.image(comparison.sheets[0].png, alt=_("Prior samples of {model}", model=chosen.title), width="stretch")
    with after.container(border=True):
        st.subheader(_("After {steps} chain steps", steps=STEPS))
        st.image(
            comparison.sheets[STEPS].png,
            alt=_("The same samples of {model} after {steps} steps", model=chosen.title, steps=STEPS),
            width="stretch",
        )
    st.caption(
        _("{model}: {count} unselected samples; "
          "each tile on the right grew from the tile at the same place on the left.",
          model=chosen.title, count=COUNT)
    )  # fmt: skip

st.markdown(
    _("A generative autoencoder makes a new picture by decoding a random point of its latent space, the prior, but "
      "many such points lie where no real picture does, and decode to artifacts. "
      "Decoding and encoding again, a few times, walks every point towards where real pictures lie, without changing "
      "the model. "
      "Walking further is not always better: variety can be lost and some models get worse, so compare the steps "
      "before you choose.")
)  # fmt: skip
st.page_link(
    SAMPLING.script,
    label=_("Compare step by step"),
    icon=":material/arrow_forward:",
    query_params=st.query_params.to_dict(),
)
