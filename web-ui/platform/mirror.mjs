// Keeps transparent elements in step with what the core drew, and tells the core what people
// do with them. The elements are the page's only input: the keyboard, touch, the mouse and
// assistive technology all act on the same ones.

const px = (value) => `${value}px`;

function place(style, [x, y, w, h], [originX, originY]) {
  const next = { left: px(x - originX), top: px(y - originY), width: px(w), height: px(h) };
  for (const [name, value] of Object.entries(next)) if (style[name] !== value) style[name] = value;
}

function setAttributes(element, attributes = {}) {
  for (const { name } of [...element.attributes]) {
    const own = name === 'id' || name === 'style' || name === 'class' || name === 'value';
    if (!own && !(name in attributes)) element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'value') setValue(element, value);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

function setValue(element, value) {
  if (element.tagName === 'OPTION') {
    if (element.value !== value) element.value = value;
  } else if (element.wfValue !== value) {
    // Only a change by the core is written: what is being typed is left alone.
    element.wfValue = value;
    if (element.value !== value) element.value = value;
  }
}

const idsOf = (nodes) => nodes.flatMap(({ id, children = [] }) => [id, ...idsOf(children)]);

export class Mirror {
  /** @param {{root: HTMLElement, post: (kind: string, message: object) => void}} parts */
  constructor({ root, post }) {
    this.root = root;
    this.post = post;
    this.elements = new Map();
    this.attention = { hovered: '', focused: '', focus_visible: false };
    this.#listen();
  }

  show({ height, nodes }) {
    const focused = this.root.contains(document.activeElement) && document.activeElement.id;
    this.root.style.height = px(height);
    this.#removeAllBut(new Set(idsOf(nodes)));
    this.#reconcile(this.root, nodes, [0, 0], false);
    // Moving an element in the document takes the focus from it. Whose is gone goes on at the content, not at the
    // beginning of the page.
    const still = focused && (this.elements.get(focused) ?? this.elements.get('main'));
    if (still && document.activeElement !== still) still.focus({ preventScroll: true });
  }

  /** Where nothing has the focus it begins at the content. False: there is none yet. */
  begin() {
    if (document.activeElement === document.body) this.elements.get('main')?.focus({ preventScroll: true });
    return this.elements.has('main');
  }

  /** First of all: what comes after would be moved past it, and what is moved is read out again. */
  #removeAllBut(wanted) {
    for (const [id, element] of this.elements) {
      if (wanted.has(id)) continue;
      element.remove();
      this.elements.delete(id);
    }
  }

  #reconcile(parent, nodes, origin, insideFixed) {
    let last = null;
    for (const node of nodes) {
      // Looked up after the element is there: making or moving it may take away what stood here.
      const element = this.#element(node);
      const here = last ? last.nextElementSibling : parent.firstElementChild;
      if (element !== here) parent.insertBefore(element, here);
      this.#update(element, node, origin, insideFixed);
      last = element;
    }
  }

  #element({ id, tag }) {
    const found = this.elements.get(id);
    if (found && found.localName === tag) return found;
    found?.remove();
    const element = document.createElement(tag);
    element.id = id;
    this.elements.set(id, element);
    return element;
  }

  #update(element, node, origin, insideFixed) {
    const fixed = Boolean(node.fixed);
    element.style.position = fixed && !insideFixed ? 'fixed' : 'absolute';
    place(element.style, node.rect, fixed && !insideFixed ? [0, 0] : origin);
    if (node.children) this.#reconcile(element, node.children, node.rect, fixed);
    else if (element.textContent !== (node.text ?? '')) element.textContent = node.text ?? '';
    // After the children: a select takes its value from its options.
    setAttributes(element, node.attributes);
  }

  #listen() {
    const { root } = this;
    root.addEventListener('click', (event) => this.#click(event));
    root.addEventListener('input', ({ target }) => {
      if (target.localName !== 'input') return;
      target.wfValue = target.value.normalize(); // as it comes back
      this.post('search', { text: target.value });
    });
    root.addEventListener('change', ({ target }) => {
      if (target.localName === 'select') this.post('activate', { id: target.selectedOptions[0].id });
    });
    root.addEventListener('pointerover', (event) => {
      if (event.pointerType !== 'touch') this.#attend({ hovered: event.target.closest('[id]')?.id ?? '' });
    });
    root.addEventListener('pointerleave', () => this.#attend({ hovered: '' }));
    root.addEventListener('focusin', ({ target }) =>
      this.#attend({ focused: target.id, focus_visible: target.matches(':focus-visible') }),
    );
    root.addEventListener('focusout', () => this.#attend({ focused: '', focus_visible: false }));
    addEventListener('keydown', (event) => this.#key(event));
  }

  #click({ target, pointerType }) {
    const button = target.closest('button');
    if (button) this.post('activate', { id: button.id });
    else if (!target.id.startsWith('explanation:')) {
      this.post('escape', {});
      // A finger does not hover: what it touched is pointed at until it touches something else.
      if (pointerType === 'touch') this.#attend({ hovered: target.closest('[id]')?.id ?? '' });
    }
  }

  #key(event) {
    if (event.key === 'Escape') this.post('escape', {});
    // Of other alphabets the key in its place. A name that is filled in is no key at all.
    const isK = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() === 'k' : event.code === 'KeyK';
    if (!isK || !(event.ctrlKey || event.metaKey)) return;
    const search = this.elements.get('search');
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }

  focus(id) {
    const element = this.elements.get(id);
    element?.scrollIntoView({ block: 'center' });
    element?.focus({ preventScroll: true, focusVisible: true });
  }

  #attend(change) {
    const next = { ...this.attention, ...change };
    if (Object.keys(next).every((key) => next[key] === this.attention[key])) return;
    this.attention = next;
    this.post('attention', next);
  }
}
