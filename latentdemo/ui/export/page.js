// Leads through a page that was taken away: one language at a time, one screen at a time. What can move on a screen
// does so as long as it is shown; elsewhere, and on paper, stands what it is without its script.

const root = document.documentElement
const mains = [...document.querySelectorAll("main")]
let main // the language on screen
let at // number of the screen

function screens(of = main) {
  return [...of.querySelectorAll(".screen")]
}

function show(language, number) {
  const next = mains.find(each => each.lang === language) ?? mains[0]
  const to = Math.min(Math.max(number, 0), screens(next).length - 1)
  if (next === main && to === at) return // what moves there stays where it is
  document.querySelectorAll(".live").forEach(rest)
  main = next
  at = to
  root.lang = main.lang
  document.title = main.dataset.title
  mains.forEach(each => (each.hidden = each !== main))
  const current = screens()[at]
  document.querySelectorAll(".screen").forEach(screen => screen.classList.toggle("current", screen === current))
  for (const button of main.querySelectorAll("[data-language]")) mark(button, button.dataset.language === main.lang)
  for (const button of main.querySelectorAll("[data-screen]")) mark(button, Number(button.dataset.screen) === at)
  for (const button of main.querySelectorAll("[data-move]")) button.disabled = !screens()[at + Number(button.dataset.move)]
  current.querySelectorAll(".live").forEach(enliven)
}

function mark(button, current) {
  button.setAttribute("aria-current", current)
}

// A component runs in a tree of its own, as it does on the demo's pages; in front of it stands what is printed.
function enliven(place) {
  const name = place.dataset.component
  const tree = place.shadowRoot ?? place.attachShadow({ mode: "open" })
  tree.replaceChildren(document.getElementById(name).content.cloneNode(true))
  const data = JSON.parse(place.querySelector("script").textContent, withPictures)
  place.leave = globalThis.components[name]({ data, parentElement: tree, setStateValue() {} })
}

function rest(place) {
  place.leave?.()
  place.leave = undefined
}

// Pictures are in the page once; data names them.
function withPictures(_key, value) {
  const isName = typeof value === "string" && value.startsWith("picture:")
  return isName ? document.querySelector(`.${value.replace(":", "-")}`).src : value
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen()
  else root.requestFullscreen?.()
}

function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
  const target = event.composedPath()[0]
  if (target.matches?.("input, select, textarea")) return
  if (event.key === " " && target.matches?.("a, button")) return // presses it
  const on = () => show(main.lang, at + 1)
  const back = () => show(main.lang, at - 1)
  const leading = { ArrowRight: on, PageDown: on, " ": on, ArrowLeft: back, PageUp: back }
  const moves = { f: fullScreen, ...(screens().length > 1 && leading) }
  if (!(event.key in moves)) return
  event.preventDefault()
  moves[event.key]()
}

function click(event) {
  const { language, screen, move, full } = event.target.closest("button")?.dataset ?? {}
  if (language) show(language, at)
  else if (screen) show(main.lang, Number(screen))
  else if (move) show(main.lang, at + Number(move))
  else if (full) fullScreen()
}

// The language that a link asks for, else the first of the browser's that the page has.
function wanted() {
  const asked = [location.hash.slice(1), ...navigator.languages.map(each => each.split("-")[0])]
  return asked.find(each => mains.some(one => one.lang === each))
}

root.classList.add("led")
for (const button of document.querySelectorAll("[data-full]")) button.hidden = !document.fullscreenEnabled
document.addEventListener("keydown", press)
document.addEventListener("click", click)
addEventListener("hashchange", () => show(wanted(), at))
show(wanted(), 0)
