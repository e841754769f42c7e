// Two pictures, of which a tap or an arrow key chooses one. An answer is sent until the next pair comes: the server
// counts it once, however often it arrives, so that one which is lost on the way is not lost for good.

const SENT_AGAIN = 4000 // milliseconds
const CALM = 350 // milliseconds in which a new pair takes no answer: the second half of a double tap is none
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "same" }

export default component => mount(component, ".pair", Pair)

class Pair {
  constructor(root) {
    this.root = root
    this.buttons = [...root.querySelectorAll("button")]
    this.keys = event => this.press(event)
    for (const button of this.buttons) button.onclick = () => this.answer(button.dataset.answer)
  }

  receive({ data, setTriggerValue }) {
    const { words } = data
    if (data.number !== this.data?.number) {
      this.sent = null
      this.calmUntil = performance.now() + (this.data ? CALM : 0)
    }
    this.data = data
    this.tell = setTriggerValue
    this.root.style.setProperty("--both", `url(${data.source})`)
    this.root.querySelector("h1").textContent = words.question
    this.root.querySelector("output").textContent = words.progress
    this.root.querySelector("i").style.width = `${(100 * data.number) / data.total}%`
    this.buttons.forEach((button, place) => entitle(button, words.buttons[place]))
    const same = this.buttons[2]
    same.textContent = words.buttons[2]
    same.hidden = !data.ties
    this.draw()
    document.removeEventListener("keydown", this.keys)
    document.addEventListener("keydown", this.keys)
    clearInterval(this.again)
    this.again = setInterval(() => this.send(), SENT_AGAIN)
  }

  press(event) {
    const answer = KEYS[event.key]
    if (!answer || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.composedPath().some(node => node.matches?.("input, textarea, [role=radiogroup]"))) return
    event.preventDefault()
    if (answer !== "same" || this.data.ties) this.answer(answer)
  }

  answer(answer) {
    if (this.sent || performance.now() < this.calmUntil) return
    this.sent = { number: this.data.number, answer }
    this.draw()
    this.send()
  }

  send() {
    if (this.sent) this.tell("answer", { ...this.sent, at: Date.now() }) // two alike within one run would count as one
  }

  draw() {
    this.root.classList.toggle("sent", Boolean(this.sent))
    for (const button of this.buttons) button.classList.toggle("chosen", button.dataset.answer === this.sent?.answer)
  }

  leave() {
    clearInterval(this.again)
    document.removeEventListener("keydown", this.keys)
  }
}
