// Asks the server for what pages ask for, and says what does not come through. That this runs at all means that the
// live connection is there.

const PINGS = 3
const PATIENCE = 10000 // milliseconds
const SLOW = 300 // milliseconds, above which each click is felt to wait
const CLOCKS_APART = 60000 // milliseconds: sign-in refuses tokens from further away
const FILE_SIZE = 2 * 2 ** 20 // bytes: more than many proxies let through unless they are told
const WARNINGS = ["slow", "stripped"]
const CHECKS = {
  websocket: async () => ["good"],
  latency: askLatency,
  page: askPage,
  media: askMedia,
  upload: askUpload,
  clock: askClock,
  proxy: askProxy,
}

export default component => mount(component, ".doctor", Doctor)

class Doctor {
  constructor(root) {
    this.root = root
    this.results = {}
    this.here = new URL(".", location.href) // where the demo is, without its page
  }

  receive({ data, setTriggerValue }) {
    this.data = data
    this.tell = setTriggerValue
    if (this.heard?.number === data.echo) this.heard.arrived()
    if (!this.begun) this.begin()
    this.draw()
  }

  begin() {
    this.begun = true
    this.clockApart = Date.now() - this.data.now
    for (const [name, ask] of Object.entries(CHECKS)) this.ask(name, ask)
  }

  async ask(name, ask) {
    try {
      this.results[name] = await ask(this)
    } catch (error) {
      this.results[name] = ["fault", error.name]
    }
    this.draw()
  }

  ping(number) {
    const began = performance.now()
    return new Promise((arrived, late) => {
      this.heard = { number, arrived: () => arrived(performance.now() - began) }
      this.tell("ping", number)
      setTimeout(late, PATIENCE, new Error("late"))
    })
  }

  draw() {
    const { words } = this.data
    const lines = Object.keys(CHECKS).map(name => line(words.checks[name], this.results[name], words.asking))
    this.root.querySelector("ul").replaceChildren(...lines)
    this.root.querySelector("summary").textContent = words.support
    const told = { at: location.href, browser: navigator.userAgent, time: new Date().toISOString(), ...this.results }
    this.root.querySelector("pre").textContent = JSON.stringify(told, null, 2)
  }

  leave() {}
}

function line(words, result, asking) {
  const title = make("b", { textContent: words.title })
  if (!result) return make("li", { className: "asking" }, title, make("span", { textContent: asking }))
  const [found, value] = result
  const [sentence, remedy] = words[found] ?? words.fault
  const state = found === "good" ? "good" : WARNINGS.includes(found) ? "warning" : "fault"
  const parts = [title, make("span", { textContent: said(sentence, { value }) })]
  if (remedy) parts.push(make("span", { className: "remedy", textContent: remedy }))
  return make("li", { className: state }, ...parts)
}

async function askLatency(doctor) {
  const times = []
  for (let number = 1; number <= PINGS; number++) times.push(await doctor.ping(number))
  const middle = Math.round(times.sort((one, other) => one - other)[Math.floor(PINGS / 2)])
  return [middle > SLOW ? "slow" : "good", middle]
}

async function askPage({ here, data }) {
  const answer = await fetch(new URL(data.page, here), patiently())
  return answer.ok && (await answer.text()).includes("./static/js/") ? ["good"] : ["fault", answer.status]
}

async function askMedia({ here, data }) {
  const answer = await fetch(new URL(data.media.replace(/^\//, ""), here), patiently())
  const bytes = (await answer.arrayBuffer()).byteLength
  return answer.ok && bytes === data.mediaSize ? ["good"] : ["fault", answer.status]
}

async function askUpload({ here, data }) {
  const form = new FormData()
  form.append("doctor", new Blob([new Uint8Array(FILE_SIZE)]), "doctor")
  const address = new URL(`_stcore/upload_file/${data.session}/doctor`, here)
  const headers = { "X-Xsrftoken": document.cookie.match(/(?:^|; )_streamlit_xsrf=([^;]*)/)?.[1] ?? "" }
  const answer = await fetch(address, { ...patiently(), method: "PUT", body: form, headers })
  if (answer.ok) await fetch(address, { ...patiently(), method: "DELETE", headers })
  return [answer.ok ? "good" : { 403: "refused", 413: "large" }[answer.status] ?? "fault", answer.status]
}

async function askClock({ clockApart }) {
  const apart = Math.abs(clockApart)
  return [apart > CLOCKS_APART ? "fault" : "good", Math.round(apart / 60000)]
}

async function askProxy({ data: { arrived } }) {
  const lost = []
  if (arrived.host !== location.host) lost.push("Host")
  if (location.protocol === "https:" && arrived.scheme !== "https") lost.push("X-Forwarded-Proto")
  if (!arrived.cookie) lost.push("Cookie")
  return lost.length ? ["stripped", lost.join(", ")] : ["good"]
}

function patiently() {
  return { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }
}
