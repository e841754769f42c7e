// Plays chains step by step. Frames and figures come once; every move after that happens in the browser. Where the
// player comes to rest it reports its view, once. What Python sends of a run that is on screen already changes nothing.

const PACE = 1.25 // steps a second at speed 1
const GLIDE = 0.2 // seconds that a single step takes on screen
const SETTLED = 350 // milliseconds of rest before the view is reported
const PLAY = "M7 4v16l13-8z"
const PAUSE = "M6 5h4v14H6zM14 5h4v14h-4z"
const FULL_CHANGE = 0.25 // of the grey range: from here on a change has the brightest colour
const DIMMED = 0.22 // of the brightness of a picture that a change is drawn over
const MAGMA = ["#000004", "#50127b", "#b63679", "#fb8861", "#fcfdbf"] // more is brighter, in grey too
const SHADES = shades()
const PAGE = "[data-testid=stMain]" // what scrolls; a page that was taken away has none
const OWN_KEYS = "select, textarea, input:not(.scrubber)"
const SVG = "http://www.w3.org/2000/svg"

export default component => mount(component, ".player", Player)

class Player {
  constructor(root) {
    this.root = root
    this.calm = matchMedia("(prefers-reduced-motion: reduce)")
    this.keys = event => this.press(event)
    this.above = new ResizeObserver(() => this.fit())
    this.listen()
  }

  find(selector) {
    return this.root.querySelector(selector)
  }

  listen() {
    const on = (selector, event, act) => this.find(selector).addEventListener(event, act)
    on(".play", "click", () => this.toggle())
    on(".reset", "click", () => this.go(0))
    on(".back", "click", () => this.go(this.aim - 1))
    on(".forward", "click", () => this.go(this.aim + 1))
    on(".end", "click", () => this.go(this.last))
    on(".scrubber", "input", event => this.go(Number(event.target.value), false))
    on(".speed", "change", event => this.look({ speed: Number(event.target.value) }))
    on(".show", "change", event => this.look({ show: event.target.value }))
    document.addEventListener("keydown", this.keys, true)
    const page = document.querySelector(PAGE)
    if (page) this.above.observe(page.firstElementChild)
  }

  // Tells the style sheet how much of the screen what stands above takes: a notice may come later, or wrap.
  fit() {
    const above = this.root.getBoundingClientRect().top + document.querySelector(PAGE).scrollTop
    this.root.style.setProperty("--above", `${above}px`)
  }

  leave() {
    this.pause()
    this.above.disconnect()
    clearTimeout(this.resting)
    document.removeEventListener("keydown", this.keys, true)
  }

  async receive({ data, setStateValue }) {
    this.report = setStateValue
    this.remote = data.remote
    this.root.classList.toggle("remote", data.remote)
    if (this.wanted === data.run) return
    this.wanted = data.run
    const sheet = new Image()
    sheet.src = data.sheet
    await sheet.decode()
    if (this.wanted === data.run) this.load(data, sheet)
  }

  load(data, sheet) {
    this.pause()
    clearTimeout(this.resting)
    Object.assign(this, { data, sheet, words: data.words, last: data.steps, side: sheet.width / (data.steps + 1) })
    this.pixels = pixelsOf(sheet)
    const { at, chain, show, speed } = data.view
    Object.assign(this, { chain, show, speed, place: at, aim: at })
    this.reported = JSON.stringify(this.view())
    this.root.style.setProperty("--kernel", data.colours.kernel)
    this.root.style.setProperty("--prior", data.colours.prior)
    this.name()
    this.build()
    this.choose()
    this.draw()
    this.describe()
  }

  view() {
    return { run: this.data.run, at: this.aim, chain: this.chain, show: this.show, speed: this.speed }
  }

  // Moving. `place` is what is on screen, in steps and between them; `aim` is the step that it rests at or goes to.

  toggle() {
    if (this.playing) this.go(Math.round(this.place))
    else this.play()
  }

  play() {
    this.pause()
    let clock = this.aim < this.last ? this.aim : 0 // runs evenly, while the picture holds each step and glides on
    this.playing = true
    this.buttons()
    this.animate(seconds => {
      clock = Math.min(clock + Math.min(seconds, 0.1) * PACE * this.speed, this.last)
      this.aim = Math.floor(clock)
      this.place = this.aim + (this.calm.matches ? 0 : glide(2 * (clock - this.aim) - 1))
      if (clock === this.last) this.go(this.last)
      return this.playing
    })
  }

  pause() {
    this.playing = false
    cancelAnimationFrame(this.frame)
  }

  go(step, smoothly = true) {
    this.pause()
    this.aim = Math.min(Math.max(step, 0), this.last)
    const from = this.place
    let share = smoothly && !this.calm.matches ? 0 : 1
    this.buttons()
    this.animate(seconds => {
      share = Math.min(share + seconds / GLIDE, 1)
      this.place = from + (this.aim - from) * glide(share)
      return share < 1
    })
    this.rest()
  }

  // Calls `move` with the seconds since the last frame of the screen, for as long as it answers true.
  animate(move) {
    let before = performance.now()
    const tick = now => {
      const more = move(Math.max(now - before, 0) / 1000)
      before = now
      this.draw()
      if (more) this.frame = requestAnimationFrame(tick)
    }
    this.frame = requestAnimationFrame(tick)
  }

  look(change) {
    Object.assign(this, change)
    this.choose()
    this.draw()
    if (!this.playing) this.rest()
  }

  rest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      if (this.playing) return
      this.describe()
      const view = JSON.stringify(this.view())
      if (view !== this.reported) this.report("view", this.view())
      this.reported = view
    }, SETTLED)
  }

  // The keyboard leads while the focus is in the player or nowhere.
  press(event) {
    const target = event.composedPath()[0]
    const inside = this.root.contains(target)
    if (!this.data || event.ctrlKey || event.metaKey || event.altKey) return
    if (!(inside || target === document.body) || target.matches(OWN_KEYS)) return
    if (event.key === " " && target.matches("button")) return // presses the button
    const on = () => this.go(this.aim + 1)
    const back = () => this.go(this.aim - 1)
    const moves = { ArrowRight: on, ArrowLeft: back, " ": () => this.toggle() }
    if (inside) Object.assign(moves, { Home: () => this.go(0), End: () => this.go(this.last) }) // else they scroll
    if (this.remote) Object.assign(moves, { PageDown: on, PageUp: back })
    if (!(event.key in moves)) return
    event.preventDefault()
    moves[event.key]()
  }

  // What is made once a run

  name() {
    const { words } = this
    this.root.setAttribute("aria-label", words.player)
    for (const name of ["reset", "back", "forward", "end"]) entitle(this.find(`.${name}`), words[name])
    this.find(".scrubber").max = this.last
    this.find(".scrubber").setAttribute("aria-label", words.step)
    this.find(".film").setAttribute("aria-label", words.film)
    fill(this.find(".speed"), words.speed, this.data.speeds.map(speed => [speed, this.pace(speed)]), this.speed)
    fill(this.find(".show"), words.show, this.data.shows, this.show)
    const [least, , most] = this.find(".ramp").children
    least.textContent = words.least
    most.textContent = words.most
    this.find(".ramp i").style.background = `linear-gradient(to right, ${MAGMA})`
  }

  pace(speed) {
    const text = `${{ 0.25: "¼", 0.5: "½" }[speed] ?? speed}×`
    return speed < 1 ? said(this.words.slow, { speed: text }) : text
  }

  build() {
    const { data } = this
    const tiles = this.find(".tiles")
    tiles.style.setProperty("--columns", Math.ceil(Math.sqrt(data.chains)))
    tiles.classList.toggle("alone", data.chains === 1)
    this.tiles = range(data.chains).map(chain => {
      const tile = make("button", { className: "tile", type: "button" })
      tile.onclick = () => (chain === this.chain ? this.toggle() : this.look({ chain }))
      tile.append(this.canvas())
      return tile
    })
    tiles.replaceChildren(...this.tiles)
    this.frames = range(data.steps + 1).map(step => {
      const frame = make("button", { className: "frame", type: "button" })
      frame.onclick = () => this.go(step)
      frame.append(this.canvas(), make("span"))
      return frame
    })
    const given = data.given.map((label, column) => {
      const frame = make("div", { className: "frame given" })
      const canvas = this.canvas()
      this.paint(canvas, data.chains, column)
      canvas.setAttribute("role", "img")
      canvas.setAttribute("aria-label", label)
      frame.append(canvas, make("span", { textContent: label, ariaHidden: "true" }))
      return frame
    })
    this.find(".film").replaceChildren(...given, ...this.frames)
    this.panels = data.figures.map(figure => new Panel(figure, data.steps, step => this.go(step, false)))
    this.find(".panels").replaceChildren(...this.panels.map(panel => panel.element))
    this.map()
  }

  map() {
    const { plane } = this.data
    this.paths = []
    this.find(".plane").hidden = !plane
    if (!plane) return
    this.find(".map .real").setAttribute("d", dots(plane.real))
    this.find(".map .prior").setAttribute("d", dots(plane.prior))
    this.find(".note").textContent = plane.note
    this.paths = plane.paths.map(() => draw("path"))
    this.find(".paths").replaceChildren(...this.paths)
    const marks = ["currentColor", "var(--prior)", "var(--kernel)"]
    const entries = plane.legend.map((textContent, index) => {
      const entry = make("span", { textContent })
      entry.style.setProperty("--dot", marks[index])
      return entry
    })
    this.find(".legend").replaceChildren(...entries)
  }

  // What changes with the chain that is looked at, and with how

  choose() {
    this.tiles.forEach((tile, chain) => tile.setAttribute("aria-pressed", chain === this.chain))
    this.frames.forEach((frame, step) => {
      const kind = this.data.kinds[this.chain][step]
      this.paint(frame.firstChild, this.chain, step)
      frame.className = `frame ${kind}`
      frame.lastChild.textContent = kind === "rejected" ? `${step} ×` : step
      entitle(frame, this.now(step))
    })
    this.panels.forEach(panel => panel.choose(this.chain))
    this.paths.forEach((path, chain) => path.classList.toggle("own", chain === this.chain))
    this.find(".paths").append(...this.paths.slice(this.chain, this.chain + 1)) // the last one is on top
    this.find(".ramp").classList.toggle("idle", this.show === "picture")
    this.written = undefined
    this.buttons()
  }

  buttons() {
    this.find(".play path").setAttribute("d", this.playing ? PAUSE : PLAY)
    entitle(this.find(".play"), this.playing ? this.words.pause : this.words.play)
  }

  // What changes with every frame of the screen

  draw() {
    const { place, data } = this
    const step = Math.round(place)
    this.tiles.forEach((tile, chain) => {
      if (this.show === "picture") this.paint(tile.firstChild, chain, place)
      else if (this.written !== step) this.compare(tile.firstChild, chain, step)
    })
    if (data.plane) {
      this.paths.forEach((path, chain) => path.setAttribute("d", line(upTo(data.plane.paths[chain], place))))
      const own = data.plane.paths[this.chain]
      this.find(".origin").setAttribute("d", dots(own.slice(0, 1)))
      const here = dots([between(own, place)])
      this.find(".ring").setAttribute("d", here)
      this.find(".here").setAttribute("d", here)
    }
    this.panels.forEach(panel => panel.draw(place))
    if (this.written !== step) this.write(step)
  }

  // The texts, of whole steps.
  write(step) {
    const { data, chain, words } = this
    this.written = step
    this.find(".now").textContent = said(words.now, { step, steps: this.last })
    const state = this.find(".state")
    state.textContent = data.states[chain][step]
    state.className = `state ${data.kinds[chain][step]}`
    const scrubber = this.find(".scrubber")
    scrubber.value = step
    scrubber.setAttribute("aria-valuetext", this.now(step))
    this.panels.forEach(panel => panel.write(step))
    this.frames.forEach((frame, index) => {
      frame.setAttribute("aria-current", index === step ? "step" : "false")
      frame.tabIndex = index === step ? 0 : -1
    })
    const film = this.find(".film")
    const { offsetLeft, offsetWidth } = this.frames[step]
    film.scrollLeft = offsetLeft + (offsetWidth - film.clientWidth) / 2 // scrollIntoView would move the page
  }

  now(step) {
    const state = this.data.states[this.chain][step]
    return said(this.words.now, { step, steps: this.last }) + (state && `, ${state}`)
  }

  // For those who listen, once the picture rests.
  describe() {
    const { words, aim: step } = this
    this.find(".spoken").textContent = [this.now(step), ...this.panels.map(panel => panel.spoken(step))].join(". ")
    this.tiles.forEach((tile, chain) => entitle(tile, said(words.tile, { chain: chain + 1, step })))
    this.find(".map").setAttribute("aria-label", said(words.map, { chain: this.chain + 1, step }))
    this.panels.forEach(panel => panel.describe(step))
  }

  // Pictures: the frames of the sheet stand chain under chain, step beside step, below them what was given.

  canvas() {
    return make("canvas", { width: this.side, height: this.side })
  }

  paint(canvas, row, place) {
    const { side } = this
    const pen = canvas.getContext("2d")
    const step = Math.floor(place)
    for (const [column, opacity] of [[step, 1], [step + 1, place - step]]) {
      if (!opacity) continue
      pen.globalAlpha = opacity
      pen.drawImage(this.sheet, column * side, row * side, side, side, 0, 0, side, side)
    }
  }

  // How much each pixel of a step differs from what it is compared with, over the dimmed picture.
  compare(canvas, row, step) {
    const { side, pixels } = this
    const [column, line] = { before: [Math.max(step - 1, 0), row], start: [0, row], given: [0, this.data.chains] }[this.show]
    const pen = canvas.getContext("2d")
    const out = pen.createImageData(side, side)
    const at = (x, y, column, row) => 4 * ((row * side + y) * pixels.width + column * side + x)
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const now = at(x, y, step, row)
        const then = at(x, y, column, line)
        let change = 0
        let light = 0
        for (let channel = 0; channel < 3; channel++) {
          change += Math.abs(pixels.data[now + channel] - pixels.data[then + channel]) / 765
          light += pixels.data[now + channel] / 3
        }
        const share = Math.sqrt(Math.min(change / FULL_CHANGE, 1)) // the root shows small changes too
        const shade = SHADES[Math.round(255 * share)]
        const to = 4 * (y * side + x)
        for (let channel = 0; channel < 3; channel++) {
          out.data[to + channel] = (1 - share) * DIMMED * light + share * shade[channel]
        }
        out.data[to + 3] = 255
      }
    }
    pen.globalAlpha = 1
    pen.putImageData(out, 0, 0)
  }
}

// A figure: its value at the step on screen, over its curve. The others' curves are faint.
class Panel {
  constructor(figure, steps, seek) {
    Object.assign(this, { figure, steps })
    this.element = make("div", { className: "panel", title: figure.help })
    this.value = make("span", { className: "value" })
    const chart = make("div", { className: "chart" })
    const [low, high] = figure.ends
    const ends = make("div", { className: "ends", ariaHidden: "true" })
    ends.append(make("span", { textContent: high }), make("span", { textContent: low }))
    this.curve = draw("svg", { class: "curve", role: "img", viewBox: "0 0 100 100", preserveAspectRatio: "none" })
    if (figure.band) this.curve.append(draw("path", { class: "band", d: band(figure.band) }))
    if (figure.level !== null) this.curve.append(draw("path", { class: "level", d: `M0 ${figure.level}H100` }))
    this.lines = figure.curves.map(values => draw("path", { d: line(this.points(values)) }))
    this.cursor = draw("path", { class: "cursor" })
    this.dot = draw("path", { class: "dot" })
    this.curve.append(...this.lines, this.cursor, this.dot)
    chart.append(ends, this.curve)
    if (figure.mark) {
      const mark = make("span", { className: "mark", textContent: figure.mark, ariaHidden: "true" })
      mark.style.top = `${figure.level ?? (figure.band[0] + figure.band[1]) / 2}%`
      mark.classList.toggle("below", figure.level !== null)
      chart.append(mark)
    }
    const caption = make("div", { className: "caption" })
    caption.append(make("span", { className: "label", textContent: figure.label }), this.value)
    this.element.append(caption, chart)
    const follow = event => {
      const box = this.curve.getBoundingClientRect()
      seek(Math.round((steps * (event.clientX - box.left)) / box.width))
    }
    this.curve.onpointerdown = follow
    this.curve.onpointermove = event => event.buttons === 1 && follow(event)
  }

  points(values) {
    return values.map((value, step) => [(100 * step) / this.steps, value]).filter(point => point[1] !== null)
  }

  choose(chain) {
    this.chain = chain
    this.lines.forEach((path, index) => path.setAttribute("class", index === chain ? "own" : "other"))
  }

  draw(place) {
    const values = this.figure.curves[this.chain].map((value, step) => [(100 * step) / this.steps, value])
    const [x, y] = between(values, place)
    this.cursor.setAttribute("d", `M${x} 0V100`)
    this.dot.setAttribute("d", values[Math.floor(place)][1] === null ? "" : dots([[x, y]]))
  }

  write(step) {
    this.value.textContent = this.figure.texts[this.chain][step]
  }

  spoken(step) {
    return `${this.figure.label}: ${this.figure.texts[this.chain][step]}`
  }

  describe(step) {
    this.curve.setAttribute("aria-label", this.spoken(step))
  }
}

// Small things

function range(count) {
  return Array.from({ length: count }, (_, index) => index)
}

function draw(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}

function fill(select, label, options, chosen) {
  select.replaceChildren(...options.map(([value, textContent]) => make("option", { value, textContent })))
  select.value = chosen
  entitle(select, label)
}

function glide(share) {
  const inside = Math.min(Math.max(share, 0), 1)
  return inside * inside * (3 - 2 * inside)
}

// The point of a path at a place between two steps.
function between(points, place) {
  const step = Math.floor(place)
  const [x, y] = points[step]
  const [nextX, nextY] = points[Math.min(step + 1, points.length - 1)]
  return [x + (place - step) * (nextX - x), y + (place - step) * (nextY - y)]
}

function upTo(points, place) {
  return [...points.slice(0, Math.floor(place) + 1), between(points, place)]
}

function line(points) {
  return `M${points.map(point => point.join(" ")).join("L")}`
}

// Strokes of no length, which round caps make dots of any size on screen.
function dots(points) {
  return points.map(([x, y]) => `M${x} ${y}h0`).join("")
}

function band([top, bottom]) {
  return `M0 ${top}H100V${bottom}H0z`
}

function pixelsOf(sheet) {
  const canvas = make("canvas", { width: sheet.width, height: sheet.height })
  const pen = canvas.getContext("2d", { willReadFrequently: true })
  pen.drawImage(sheet, 0, 0)
  return pen.getImageData(0, 0, sheet.width, sheet.height)
}

function shades() {
  const stops = MAGMA.map(colour => [1, 3, 5].map(start => parseInt(colour.slice(start, start + 2), 16)))
  return range(256).map(index => {
    const place = (index / 255) * (stops.length - 1)
    const stop = Math.min(Math.floor(place), stops.length - 2)
    return stops[stop].map((value, channel) => value + (place - stop) * (stops[stop + 1][channel] - value))
  })
}
