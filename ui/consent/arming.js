// When Allow may be pressed: a while after the window got the focus, and never without it.
// A press that comes too early was meant for something else, so it starts the wait again.

export const delay = 700;
const mostExtensions = 5;

export class Arming {
  #armed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  #extensions = 0;
  #changed;

  /** @param {(armed: boolean) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  get armed() {
    return this.#armed;
  }

  /** Between the focus and the moment Allow works. */
  get waiting() {
    return this.#timer !== undefined;
  }

  /** The window has the focus and shows a question: the wait begins. */
  start() {
    this.#extensions = 0;
    this.#wait();
  }

  /** The focus is gone, or there is nothing to allow. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#set(false);
  }

  /** Somebody pressed where Allow is. */
  pressed() {
    if (this.#armed || this.#timer === undefined || this.#extensions >= mostExtensions) return;
    this.#extensions += 1;
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#set(false);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#set(true);
    }, delay);
  }

  /** @param {boolean} armed */
  #set(armed) {
    if (this.#armed === armed) return;
    this.#armed = armed;
    this.#changed(armed);
  }
}
