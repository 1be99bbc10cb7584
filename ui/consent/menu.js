// A button that opens a short menu above itself.

export class Menu {
  #button;
  #list;

  /** @param {HTMLButtonElement} button @param {HTMLElement} list */
  constructor(button, list) {
    this.#button = button;
    this.#list = list;
    button.addEventListener("click", () => {
      if (this.isOpen) this.close();
      else this.#open();
    });
    button.addEventListener("keydown", (event) => {
      if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        event.preventDefault();
        this.#open();
      }
    });
    list.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step === 0) return;
      event.preventDefault();
      const items = this.#items;
      const at = items.findIndex((item) => item === document.activeElement);
      items[(at + step + items.length) % items.length]?.focus();
    });
    // Whatever is done elsewhere, the menu is not in the way of it.
    document.addEventListener("focusin", (event) => {
      const within = event.target instanceof Node && (list.contains(event.target) || event.target === button);
      if (!within) this.#list.hidden = true;
      this.#tell();
    });
    document.addEventListener("pointerdown", (event) => {
      const within = event.target instanceof Node && (list.contains(event.target) || button.contains(event.target));
      if (!within && this.isOpen) this.#hide();
    });
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  /** Closes it; the focus goes back to its button. */
  close() {
    if (!this.isOpen) return;
    this.#hide();
    this.#button.focus();
  }

  #open() {
    this.#list.hidden = false;
    this.#tell();
    this.#items[0]?.focus();
  }

  #hide() {
    this.#list.hidden = true;
    this.#tell();
  }

  #tell() {
    this.#button.setAttribute("aria-expanded", String(this.isOpen));
  }

  get #items() {
    const all = this.#list.querySelectorAll("button");
    return [...all].filter((item) => !item.hidden && !item.disabled);
  }
}
