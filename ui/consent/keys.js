// Keys: those that were down before the question came up, Escape, and Alt with a letter or an arrow.

/** Keys that answer. */
const acting = new Set(["Enter", " ", "Escape"]);

/**
 * Keys that are down when a question comes up, or comes back to the front, were meant for something else: they count
 * again once they were released.
 */
export class HeldKeys {
  /** @type {Set<string>} */
  #held = new Set();

  /** @param {{ isEarly: () => boolean, escape: () => void }} window */
  constructor({ isEarly, escape }) {
    document.addEventListener(
      "keydown",
      (event) => {
        if (!acting.has(event.key)) return;
        if (!event.repeat && isEarly()) this.#held.add(event.code);
        if (event.repeat || this.#held.has(event.code)) {
          event.preventDefault();
          event.stopPropagation();
        } else if (event.key === "Escape" && !event.isComposing) {
          event.preventDefault();
          escape();
        }
      },
      true,
    );
    document.addEventListener(
      "keyup",
      (event) => {
        if (!this.#held.delete(event.code)) return;
        event.preventDefault();
        event.stopPropagation();
      },
      true,
    );
    window.addEventListener("blur", () => this.#held.clear());
  }
}

/**
 * Alt with the letter of a button presses it; Alt with an arrow goes to another question. What allows is only led to:
 * pressing it stays a step of its own.
 * @param {{ letter: () => string, button: HTMLButtonElement, leads?: boolean }[]} buttons
 * @param {(step: -1 | 1) => void} move
 */
export function shortcuts(buttons, move) {
  for (const { letter, button } of buttons) {
    button.title = `Alt+${letter()}`;
    button.setAttribute("aria-keyshortcuts", button.title);
  }
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      // “Before” is where reading begins.
      const forward = (event.key === "ArrowRight") === (document.dir !== "rtl");
      move(forward ? 1 : -1);
      return;
    }
    const meant = buttons.find(({ letter }) => event.key.toLowerCase() === letter().toLowerCase());
    if (meant === undefined || meant.button.disabled) return;
    event.preventDefault();
    if (meant.leads) meant.button.focus();
    else meant.button.click();
  });
}
