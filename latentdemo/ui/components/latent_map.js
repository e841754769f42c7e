// A map of the latent space to touch. While one hovers, drags or uses the arrow keys, what is decoded there is mixed from
// pictures that were decoded on a grid, without the server; at rest the point is reported, once, and Python answers with
// the picture itself and what is to be said of it. Sheets of pictures come once: reports say which are held.

const SETTLED = 350 // milliseconds of rest after a key until the point is reported
const [STEP, LEAP] = [0.02, 0.1] // of the map's side, that an arrow key goes, and with Shift
const TAP = 5 // pixels that a finger may slip in a tap
const THUMB = 30 // pixels a side of a picture on the map
const CROWD = 3 // a picture is shown where it hides no more points than so many
const DIGITS = 3 // decimals of a coordinate
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

export default component => mount(component, ".atlas", LatentMap)

class LatentMap {
  constructor(root) {
    this.root = root
    this.sheets = {}
    this.turn = 0
    this.map = this.find(".map")
    this.decoded = this.find(".decoded canvas")
    this.original = this.find(".original canvas")
    this.sized = new ResizeObserver(() => this.data && this.scatter())
    this.listen()
  }

  find(selector) {
    return this.root.querySelector(selector)
  }

  listen() {
    const { map } = this
    map.onpointerdown = event => this.press(event)
    map.onpointermove = event => this.move(event)
    map.onpointerup = event => this.release(event)
    map.onpointerleave = () => this.pressed || this.look(null)
    map.onpointercancel = () => this.look((this.pressed = null))
    map.onkeydown = event => this.type(event)
    this.find(".decoded .start").onclick = () => this.begin(this.at)
    this.find(".original .start").onclick = () => this.begin({ picture: this.number })
    this.find(".pick").onclick = () => this.choose(this.number)
    this.find(".back").onclick = () => this.go({ ...this.at, rest: -1 })
  }

  leave() {
    clearTimeout(this.resting)
    this.sized.disconnect()
  }

  // What Python sends

  // One after the other, and of those that come meanwhile the last only.
  async receive({ data, setStateValue, setTriggerValue }) {
    this.report = value => setStateValue("view", value)
    this.begin = start => setTriggerValue("start", start)
    this.sized.observe(this.map)
    this.waiting = data
    if (this.loading) return
    this.loading = true
    try {
      while (this.waiting) {
        const next = this.waiting
        this.waiting = null
        await this.load(next)
      }
    } finally {
      this.loading = false
    }
  }

  async load(data) {
    const wanted = { thumbs: data.thumbs, decoded: data.decoded }
    for (const [part, sheet] of Object.entries(wanted)) {
      if (sheet?.source) this.sheets[part] = { ...sheet, image: await loaded(sheet.source) }
      else if (sheet && this.sheets[part]?.name !== sheet.name) return this.report({ turn: data.turn, held: {} })
    }
    const picture = await loaded(data.here.picture)
    const real = data.here.real ? await loaded(data.here.real) : null
    const first = !this.data
    if (first) this.turn = data.turn
    this.data = data
    if (first || data.turn === this.turn) this.take(data.here, picture, real)
    const form = JSON.stringify([data.title, data.isPlane, data.thumbs.name, data.dots, data.prior, data.words])
    if (form !== this.form) this.build() // another point moves nothing that is on the map
    this.form = form
    this.draw()
  }

  // The answer to what was reported last, or where the link says that one is.
  take(here, picture, real) {
    const { x, y, rest } = here
    this.at = { x, y, rest }
    this.answer = { here, picture, real, of: JSON.stringify(this.at) }
  }

  build() {
    const { data, map } = this
    const { dots, words } = data
    this.spots = dots.real
    this.root.style.setProperty("--prior", data.prior)
    this.root.style.setProperty("--kernel", dots.colour)
    this.root.firstElementChild.ariaLabel = data.title
    map.setAttribute("aria-label", data.isPlane ? words.map : words.pick)
    for (const name of ["prior", "real", "chains"]) this.find(`path.${name}`).setAttribute("d", strokes(dots[name]))
    const marks = ["currentColor", "var(--prior)", "var(--kernel)"]
    this.find(".legend").replaceChildren(...dots.legend.map((textContent, index) => {
      const entry = make("span", { textContent })
      entry.style.setProperty("--dot", marks[index])
      return entry
    }))
    this.find(".note").textContent = dots.note
    this.find(".decoded .start").textContent = words.start
    this.find(".original .start").textContent = words.startReal
    this.find(".back").textContent = words.back
    this.find(".nearest span").textContent = words.nearest
    this.scatter()
  }

  // Pictures on the map, where they are whole and hide few points and no other picture: first in the emptiest places.
  scatter() {
    const { map, spots, sheets } = this
    const side = map.clientWidth
    const scale = devicePixelRatio
    const canvas = this.find(".thumbs")
    canvas.width = canvas.height = side * scale
    const pen = canvas.getContext("2d")
    pen.scale(scale, scale)
    const reach = (2 * THUMB) / side
    const hidden = spots.map(spot => spots.filter(other => overlap(spot, other, reach / 2)).length - 1)
    this.shown = []
    for (const number of [...spots.keys()].sort((a, b) => hidden[a] - hidden[b])) {
      if (hidden[number] > CROWD) break
      if (spots[number].some(place => Math.abs(place) > 1 - reach / 2)) continue
      if (this.shown.some(other => overlap(spots[number], spots[other], reach))) continue
      this.shown.push(number)
      const [left, top] = this.pixel(spots[number]).map(middle => middle - THUMB / 2)
      paint(pen, sheets.thumbs, number, left, top, THUMB)
    }
  }

  // Places: a spot is on the map, from -1 to 1, y up; a point is what it stands for.

  spot({ x, y, rest }) {
    return this.data.isPlane ? [x, y] : this.spots[rest] ?? [0, 0]
  }

  point([x, y]) {
    if (this.data.isPlane) return { x: rounded(x), y: rounded(y), rest: this.at.rest }
    return this.own(this.nearest([x, y]))
  }

  // A real picture, in the plane through it; where the map is no plane, Python knows where that is.
  own(number) {
    const [x, y] = this.spots[number]
    return { x, y, rest: number }
  }

  pixel([u, v]) {
    const side = this.map.clientWidth
    return [((1 + u) / 2) * side, ((1 - v) / 2) * side]
  }

  nearest([u, v]) {
    const apart = this.spots.map(([x, y]) => (x - u) ** 2 + (y - v) ** 2)
    return apart.indexOf(Math.min(...apart))
  }

  under(event) {
    const box = this.map.getBoundingClientRect()
    const within = share => Math.min(Math.max(share, -1), 1)
    const across = (event.clientX - box.left - this.map.clientLeft) / this.map.clientWidth
    const down = (event.clientY - box.top - this.map.clientTop) / this.map.clientHeight
    return [within(2 * across - 1), within(1 - 2 * down)]
  }

  // Moving: `at` is the point that is chosen, `seen` the one that is looked at meanwhile.

  press(event) {
    if (event.button || !this.data) return
    this.map.setPointerCapture(event.pointerId)
    this.pressed = event
    this.look(this.point(this.under(event)))
  }

  move(event) {
    if (this.data && (this.pressed || event.pointerType === "mouse")) this.look(this.point(this.under(event)))
  }

  release(event) {
    if (!this.pressed) return
    const slipped = Math.hypot(event.clientX - this.pressed.clientX, event.clientY - this.pressed.clientY)
    this.pressed = null
    const spot = this.under(event)
    const number = slipped <= TAP ? this.thumbAt(spot) : undefined
    if (number === undefined) this.go(this.point(spot))
    else this.choose(number)
  }

  thumbAt(spot) {
    return this.shown.find(number => overlap(spot, this.spots[number], THUMB / this.map.clientWidth))
  }

  type(event) {
    if (!this.data || event.ctrlKey || event.metaKey || event.altKey) return
    const arrow = ARROWS[event.key]
    if (arrow) this.step(arrow, event.shiftKey ? LEAP : STEP)
    else if (event.key === "Enter" || event.key === " ") this.go(this.at)
    else if (event.key === "Home" && this.data.isPlane) this.go({ ...this.at, x: 0, y: 0 })
    else return
    event.preventDefault()
  }

  step([right, up], share) {
    const [u, v] = this.spot(this.at)
    if (this.data.isPlane) {
      const within = value => Math.min(Math.max(value, -1), 1)
      this.at = this.point([within(u + 2 * right * share), within(v + 2 * up * share)])
    } else {
      this.at = this.own(this.onward([u, v], right, up))
    }
    this.look(null)
    clearTimeout(this.resting)
    this.resting = setTimeout(() => this.go(this.at), SETTLED)
  }

  // The nearest real picture in a direction, within 45 degrees of it.
  onward([u, v], right, up) {
    const cost = ([x, y]) => {
      const along = (x - u) * right + (y - v) * up
      const aside = Math.abs((x - u) * up) + Math.abs((y - v) * right)
      return along > 0 && aside <= along ? along + aside : Infinity
    }
    const costs = this.spots.map(cost)
    const least = Math.min(...costs)
    return least === Infinity ? Math.max(this.at.rest, 0) : costs.indexOf(least)
  }

  choose(number) {
    this.go(this.own(number))
  }

  look(point) {
    this.seen = point
    if (this.data) this.draw()
  }

  go(point) {
    clearTimeout(this.resting)
    this.at = point
    this.look(null)
    this.turn += 1
    const held = Object.fromEntries(Object.entries(this.sheets).map(([part, sheet]) => [part, sheet.name]))
    const picture = this.data.isPlane ? undefined : point.rest
    this.report({ ...point, picture, turn: this.turn, held })
  }

  // Drawing

  draw() {
    const { data, answer } = this
    const { words } = data
    const now = this.seen ?? this.at
    const spot = this.spot(now)
    const rests = JSON.stringify(this.at) === answer.of && !this.seen
    const number = data.isPlane || now.rest < 0 ? this.nearest(spot) : now.rest
    const own = number === now.rest
    if (!this.seen) this.number = number
    const [left, top] = this.pixel(spot)
    Object.assign(this.find(".cross").style, { left: `${left}px`, top: `${top}px` })
    this.find(".cross").hidden = !data.isPlane && now.rest < 0
    this.find(".decoded").classList.toggle("stale", !this.drawDecoded(now, spot, rests))
    this.drawReal(number, rests && own ? answer.real : null)
    const name = own ? words.own : words.real
    this.find(".original figcaption").textContent = said(name, { number })
    this.find(".pick").title = words.walk
    this.find(".pick").setAttribute("aria-label", `${said(name, { number })}: ${words.walk}`)
    const heading = data.isPlane ? words.decoded : words.encoding
    this.find(".decoded figcaption").textContent = heading
    this.decoded.setAttribute("aria-label", heading)
    this.find(".through span").textContent = now.rest < 0 ? words.mean : said(words.through, { number: now.rest })
    this.find(".back").hidden = now.rest < 0
    this.find(".through").hidden = !data.isPlane
    for (const part of [".lines", ".nearest"]) this.find(part).classList.toggle("stale", !rests)
    if (rests && this.told !== answer) this.tell()
  }

  // What Python has said of the point.
  tell() {
    const { here } = (this.told = this.answer)
    const { words, isPlane } = this.data
    const [x, y] = [here.x, here.y].map(value => value.toFixed(2))
    const point = isPlane ? said(words.at, { x, y }) : said(words.own, { number: here.rest })
    this.find(".lines").replaceChildren(...here.lines.map(textContent => make("p", { textContent })))
    this.find(".nearest div").replaceChildren(...here.nearest.map(number => {
      const label = said(words.choose, { number })
      const tile = make("button", { type: "button", title: label, ariaLabel: label })
      tile.onclick = () => this.choose(number)
      const canvas = make("canvas")
      this.drawThumb(canvas, number)
      tile.append(canvas)
      return tile
    }))
    this.find(".spoken").textContent = [point, ...here.lines].join(". ")
  }

  // Answers whether the picture is the one at that place.
  drawDecoded(now, spot, rests) {
    const { data, sheets, decoded, answer } = this
    if (rests) return drawWhole(decoded, answer.picture)
    if (!data.decoded || !data.isPlane || now.rest !== answer.here.rest) return false
    const side = size(decoded, sheets.decoded)
    mix(decoded.getContext("2d"), sheets.decoded, spot, side)
    return true
  }

  drawReal(number, whole) {
    if (whole) drawWhole(this.original, whole)
    else this.drawThumb(this.original, number)
  }

  drawThumb(canvas, number) {
    const { thumbs } = this.sheets
    paint(canvas.getContext("2d"), thumbs, number, 0, 0, size(canvas, thumbs))
  }
}

// Pictures

async function loaded(source) {
  const image = Object.assign(new Image(), { src: source })
  await image.decode()
  return image
}

function tileSide({ image, columns }) {
  return image.width / columns
}

// Gives a canvas the size of a tile, in its pixels.
function size(canvas, sheet) {
  const side = tileSide(sheet)
  if (canvas.width !== side) canvas.width = canvas.height = side
  return side
}

function paint(pen, sheet, number, left, top, side) {
  const tile = tileSide(sheet)
  const [column, row] = [number % sheet.columns, Math.floor(number / sheet.columns)]
  pen.imageSmoothingEnabled = side < tile
  pen.drawImage(sheet.image, column * tile, row * tile, tile, tile, left, top, side, side)
}

function drawWhole(canvas, image) {
  if (canvas.width !== image.width) canvas.width = canvas.height = image.width
  canvas.getContext("2d").drawImage(image, 0, 0)
  return true
}

// The picture at a spot, mixed bilinearly from the four around it.
function mix(pen, sheet, [u, v], side) {
  const last = sheet.columns - 1
  const [across, down] = [((1 + u) / 2) * last, ((1 - v) / 2) * last]
  const [column, row] = [across, down].map(at => Math.min(Math.floor(at), last - 1))
  const [right, below] = [across - column, down - row]
  let covered = 0
  for (const [dx, dy, share] of [
    [0, 0, (1 - right) * (1 - below)],
    [1, 0, right * (1 - below)],
    [0, 1, (1 - right) * below],
    [1, 1, right * below],
  ]) {
    if (!share) continue
    covered += share
    pen.globalAlpha = share / covered // over what is there, so that in the end each has its share
    paint(pen, sheet, (row + dy) * sheet.columns + column + dx, 0, 0, side)
  }
  pen.globalAlpha = 1
}

// Small things

function rounded(value) {
  return Number(value.toFixed(DIGITS))
}

function overlap([x, y], [u, v], reach) {
  return Math.abs(x - u) < reach && Math.abs(y - v) < reach
}

// Strokes of no length, which round caps make dots of any size on screen; y is up.
function strokes(spots) {
  return spots.map(([x, y]) => `M${x} ${-y}h0`).join("")
}
