// Two sheets of the same samples, and the sample that is pointed at or chosen large, at each step. All of it comes once;
// looking about asks nothing of the server. Where somebody has chosen a step or a sample, that is reported, once.

const SETTLED = 350 // milliseconds of rest before a choice is reported

export default component => mount(component, ".sheets", Sheets)

class Sheets {
  constructor(root) {
    this.root = root
    this.figures = [...root.querySelectorAll("figure")]
    this.find(".sample").oninput = event => this.choose({ sample: Number(event.target.value) })
    for (const sheet of root.querySelectorAll(".sheet")) {
      sheet.onpointermove = event => event.pointerType === "mouse" && this.enlarge(this.sampleAt(event, sheet))
      sheet.onpointerleave = () => this.enlarge(this.sample)
      sheet.onclick = event => this.choose({ sample: this.sampleAt(event, sheet) })
    }
  }

  find(selector) {
    return this.root.querySelector(selector)
  }

  leave() {
    clearTimeout(this.resting)
  }

  // What Python sends

  receive({ data, setStateValue }) {
    Object.assign(this, { data, steps: data.steps, report: setStateValue })
    const others = data.steps.slice(-Math.max(data.steps.length - 1, 1))
    if (!others.some(each => each.step === this.after)) this.after = data.view.after
    if (!(this.sample < data.count)) this.sample = data.view.sample
    const form = JSON.stringify([data.words, data.count, data.large, this.steps.map(each => each.step)])
    if (form !== this.form) this.build() // else what has the focus keeps it
    this.form = form
    this.draw()
  }

  build() {
    const { words, large, count } = this.data
    const [first, ...others] = this.steps
    this.root.setAttribute("aria-label", words.sheets)
    this.root.classList.toggle("large", large)
    this.root.style.setProperty("--sheets", others.length ? 2 : 1)
    this.figures[1].hidden = !others.length
    this.find(".steps").setAttribute("aria-label", words.after)
    this.find(".steps").replaceChildren(...others.map(({ step }) => this.choice(step)))
    this.frames = [make("span", {}, make("i"), first.label), ...others.map(({ step }) => this.frame(step))]
    this.find(".film").replaceChildren(...this.frames)
    this.find(".sample").max = count - 1
    this.find(".sample").setAttribute("aria-label", words.sample)
  }

  // A step that can stand on the right.
  choice(step) {
    const onchange = () => this.choose({ after: step })
    return make("label", {}, make("input", { type: "radio", name: "after", value: step, onchange }), step)
  }

  // The same step in the film of one sample.
  frame(step) {
    return make("span", { onclick: () => this.choose({ after: step }) }, make("i"), step)
  }

  // Looking about

  sampleAt({ clientX, clientY }, sheet) {
    const { left, top, width, height } = sheet.getBoundingClientRect()
    const { count, columns } = this.data
    const column = Math.floor(((clientX - left) / width) * columns)
    const row = Math.floor(((clientY - top) / height) * Math.ceil(count / columns))
    return Math.min(Math.max(row * columns + column, 0), count - 1)
  }

  choose(choice) {
    Object.assign(this, choice)
    this.draw()
    clearTimeout(this.resting)
    this.resting = setTimeout(() => this.report("view", { after: this.after, sample: this.sample }), SETTLED)
  }

  // Drawing

  draw() {
    const { size } = this.data
    const after = this.shown()
    for (const [figure, step] of [[this.figures[0], this.steps[0]], [this.figures[1], after]]) {
      figure.querySelector("strong").textContent = step.title
      figure.querySelector(".sheet").classList.toggle("awaited", step.awaited)
      const image = figure.querySelector("img")
      Object.assign(image, { alt: step.alt, width: size.width, height: size.height })
      if (image.src !== step.source) image.src = step.source // else it would be loaded once more
      figure.querySelector(".figures").replaceChildren(...step.figures.map(text => make("span", {}, text)))
    }
    for (const input of this.root.querySelectorAll(".steps input")) input.checked = Number(input.value) === after.step
    this.large = after.awaited ? this.steps[0] : after
    this.crops = [[this.find(".large"), this.large], ...this.steps.map((step, index) => [this.frames[index].firstChild, step])]
    for (const [crop, { source }] of this.crops) {
      crop.style.backgroundImage = `url("${source}")`
      crop.style.backgroundSize = `${share(size.width, size.side)} ${share(size.height, size.side)}`
    }
    this.frames.forEach((frame, index) => frame.classList.toggle("now", this.steps[index] === after))
    this.enlarge(this.sample)
  }

  // The step on the right: the chosen one, or the last before it that has arrived.
  shown() {
    const chosen = this.steps.find(each => each.step === this.after)
    const others = this.steps.slice(1, this.steps.indexOf(chosen) + 1)
    return others.findLast(each => !each.awaited) ?? chosen
  }

  // Frame a sample on both sheets, and show it large and in the film.
  enlarge(sample) {
    const { columns, size, words, count } = this.data
    const left = (sample % columns) * (size.side + size.gap)
    const top = Math.floor(sample / columns) * (size.side + size.gap)
    for (const [crop] of this.crops) {
      crop.style.backgroundPosition = `${share(left, size.width - size.side)} ${share(top, size.height - size.side)}`
    }
    for (const ring of this.root.querySelectorAll(".sheet i")) {
      const [width, height] = [share(size.side, size.width), share(size.side, size.height)]
      Object.assign(ring.style, { left: share(left, size.width), top: share(top, size.height), width, height })
    }
    const now = said(words.now, { sample: sample + 1, count })
    const at = said(words.large, { sample: sample + 1, step: this.large.step })
    this.find(".large").setAttribute("aria-label", this.large.step < 0 ? now : at)
    this.find(".closer strong").textContent = now
    this.find(".sample").value = sample
    this.find(".sample").setAttribute("aria-valuetext", now)
  }
}

function share(part, whole) {
  return whole ? `${(100 * part) / whole}%` : "0%"
}
