// Rows of frames under each other, and all rows in step as an animation there and back. The pictures come once; to play
// them asks nothing of the server. Where it comes to rest it reports its frame, once.

const ONE_WAY = 2400 // milliseconds from one end to the other, within the bounds below
const [FASTEST, SLOWEST, CALM] = [110, 400, 1000] // milliseconds a frame; CALM where people want less motion
const HELD = 3 // frames that an end stays
const SETTLED = 350 // milliseconds of rest before the frame is reported
const LEAST = 256 // pixels that a picture of the stage is drawn with, at least
const PLAY = "M7 4v16l13-8z"
const PAUSE = "M6 5h4v14H6zM14 5h4v14h-4z"

export default component => mount(component, ".strips", Strips)

class Strips {
  constructor(root) {
    this.root = root
    this.way = 1 // from A to B, or -1 back
    this.still = matchMedia("(prefers-reduced-motion: reduce)")
    this.button = root.querySelector(".play")
    this.scrubber = root.querySelector(".scrubber")
    this.keys = event => this.press(event)
    this.button.onclick = () => (this.playing ? this.go(this.at) : this.play())
    this.scrubber.oninput = () => this.go(Number(this.scrubber.value))
  }

  // What Python sends

  receive({ data, setStateValue }) {
    const before = this.data
    this.data = data
    this.report = setStateValue
    document.addEventListener("keydown", this.keys, true)
    if (before?.frames !== data.frames) {
      this.pause()
      this.at = data.at
      if (before) this.rest()
      else this.reported = JSON.stringify(this.view())
    }
    this.root.setAttribute("aria-label", data.words.strips)
    this.root.style.setProperty("--widest", `${data.widest}px`)
    this.scrubber.max = data.frames - 1
    entitle(this.scrubber, data.words.frame)
    if (JSON.stringify(before?.rows) !== JSON.stringify(data.rows)) this.build()
    this.label()
    this.draw()
  }

  build() {
    const parts = this.data.rows.map(row => this.part(row))
    this.parts = parts
    this.root.style.setProperty("--count", parts.length)
    this.root.querySelector(".stage").replaceChildren(...parts.map(part => part.picture))
    this.root.querySelector(".rows").replaceChildren(...parts.map(part => part.row))
  }

  // One row: its picture on the stage, and its frames.
  part(row) {
    const before = this.parts?.find(part => part.label === row.label)
    const image = before?.image ?? make("img")
    const canvas = before?.canvas ?? make("canvas")
    if (image.src !== row.source) image.src = row.source // what was there stays until the new one is
    Object.assign(image, { alt: row.alt, width: row.width, height: row.height })
    canvas.role = "img"
    const cursor = make("i")
    const strip = make("div", { className: "strip" }, image, cursor)
    const part = { ...row, image, canvas, cursor }
    strip.onpointerdown = event => this.go(this.frameAt(event, strip))
    const line = () => make("img", { className: "swatch", alt: "", src: row.swatch })
    const heading = make("span", {}, line(), make("strong", {}, row.label))
    const note = make("span", { className: "note" }, row.note)
    part.picture = make("figure", {}, canvas, make("figcaption", {}, line(), row.label))
    part.row = make("figure", {}, make("figcaption", {}, heading, note), strip)
    image.decode().then(() => this.drawPart(part), () => {}) // one that was replaced meanwhile needs no drawing
    return part
  }

  frameAt(event, strip) {
    const { left, width } = strip.getBoundingClientRect()
    return Math.min(Math.floor(((event.clientX - left) / width) * this.data.frames), this.data.frames - 1)
  }

  // Moving

  go(frame) {
    this.pause()
    this.at = Math.min(Math.max(frame, 0), this.data.frames - 1)
    this.draw()
    this.rest()
  }

  play() {
    clearTimeout(this.resting)
    const last = this.data.frames - 1
    const pace = this.still.matches ? CALM : Math.min(Math.max(ONE_WAY / last, FASTEST), SLOWEST)
    if (this.at === last) this.way = -1
    if (this.at === 0) this.way = 1
    let held = 0
    this.playing = setInterval(() => {
      if (held-- > 0) return
      this.at += this.way
      this.draw()
      if (this.at > 0 && this.at < last) return
      if (this.still.matches) return this.go(this.at)
      this.way = -this.way
      held = HELD
    }, pace)
    this.label()
  }

  pause() {
    clearInterval(this.playing)
    this.playing = null
    this.label()
  }

  leave() {
    this.pause()
    clearTimeout(this.resting)
    document.removeEventListener("keydown", this.keys, true)
  }

  view() {
    return { frames: this.data.frames, at: this.at }
  }

  rest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      const view = JSON.stringify(this.view())
      if (view !== this.reported) this.report("view", this.view())
      this.reported = view
    }, SETTLED)
  }

  // The keyboard leads while the focus is in here or nowhere.
  press(event) {
    const target = event.composedPath()[0]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (!(this.root.contains(target) || target === document.body)) return
    if (event.key === " " && target === this.button) return // presses the button
    const on = () => this.go(this.at + 1)
    const back = () => this.go(this.at - 1)
    const moves = { ArrowRight: on, ArrowLeft: back, " ": () => this.button.click() }
    if (this.data.remote) Object.assign(moves, { PageDown: on, PageUp: back })
    if (!(event.key in moves)) return
    event.preventDefault()
    moves[event.key]()
  }

  // Drawing

  label() {
    if (!this.data) return
    const { words } = this.data
    entitle(this.button, this.playing ? words.pause : words.play)
    this.button.querySelector("path").setAttribute("d", this.playing ? PAUSE : PLAY)
  }

  draw() {
    const now = this.data.words.now.replace("{frame}", this.at + 1).replace("{frames}", this.data.frames)
    this.scrubber.value = this.at
    this.scrubber.setAttribute("aria-valuetext", now)
    this.root.querySelector(".now").textContent = now
    this.parts.forEach(part => this.drawPart(part))
  }

  drawPart({ image, canvas, cursor, width, height: side, label }) {
    const left = this.at * (side + this.data.gap)
    cursor.style.left = `${(100 * left) / width}%`
    cursor.style.width = `${(100 * side) / width}%`
    canvas.setAttribute("aria-label", `${label}: ${this.scrubber.getAttribute("aria-valuetext")}`)
    if (!image.complete) return
    const size = side * Math.ceil(LEAST / side)
    if (canvas.width !== size) canvas.width = canvas.height = size
    const context = canvas.getContext("2d")
    context.imageSmoothingEnabled = false
    context.clearRect(0, 0, size, size)
    context.drawImage(image, left, 0, side, side, 0, 0, size, size)
  }
}
