from latentdemo import load_model
from latentdemo.evaluation.metrics.cost import milliseconds_an_image
from latentdemo.evaluation.report import Row


def test_more_steps_cost_more_and_draws_that_need_no_chain_can_be_timed() -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    short, long = (milliseconds_an_image(model, Row.of("prior", "decode-encode", steps, {})) for steps in (0, 50))
    assert 0 < 3 * short < long
    assert milliseconds_an_image(model, Row.of("mixture-10", "", 0, {})) > 0
