// What stands before the script of every inline component.

const mounted = new WeakMap()

// The view of a component, made when its root first appears: it receives all that Python sends, and is told to leave.
function mount(component, selector, View) {
  const root = component.parentElement.querySelector(selector)
  if (!mounted.has(root)) mounted.set(root, new View(root))
  const view = mounted.get(root)
  view.receive(component)
  return () => view.leave()
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

function entitle(element, words) {
  element.title = words
  element.setAttribute("aria-label", words)
}

// Words with what is in braces filled in.
function said(words, values) {
  return words.replace(/{(\w+)}/g, (_, name) => values[name])
}
