// A picture that lies on another of the same places, up to a line that is dragged. Both come once; to move the line asks
// nothing of the server, and tells it nothing. A page that was taken away runs this script as well.

export default function wipe({ data, parentElement }) {
  const root = parentElement.querySelector(".wipe")
  const [stage, before, after, line, choice, step, now, left, right] = [
    "stage", "before", "after", "line", "choice", "step", "now", "left", "right",
  ].map(name => root.querySelector(`.${name}`))

  const draw = () => {
    const shown = data.afters[step.value]
    const share = Number(line.value)
    root.style.setProperty("--share", share / 100)
    if (after.src !== shown.source) after.src = shown.source
    after.alt = shown.alt
    right.textContent = now.textContent = shown.title
    const values = { share, before: data.before.title, rest: 100 - share, after: shown.title }
    line.setAttribute("aria-valuetext", said(data.words.share, values))
    step.setAttribute("aria-valuetext", shown.title)
  }
  const follow = event => {
    const { left, width } = stage.getBoundingClientRect()
    line.value = (100 * (event.clientX - left)) / width
    draw()
  }

  root.setAttribute("aria-label", data.words.wipe)
  root.style.setProperty("--shape", data.shape)
  root.style.setProperty("--around", data.around)
  if (before.src !== data.before.source) before.src = data.before.source
  before.alt = data.before.alt
  left.textContent = data.before.title
  entitle(line, data.words.line)
  entitle(step, data.words.step)
  const last = data.afters.length - 1
  if (step.max !== String(last)) {
    step.max = last
    step.value = data.at
  }
  choice.hidden = last === 0
  line.oninput = step.oninput = draw
  stage.onpointerdown = event => {
    if (event.button !== 0) return
    stage.setPointerCapture(event.pointerId)
    follow(event)
  }
  stage.onpointermove = event => stage.hasPointerCapture(event.pointerId) && follow(event)
  draw()
}
