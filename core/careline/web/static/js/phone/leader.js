// One tab of the browser leads: only that one registers, rings and beats.

/**
 * Hold a name as long as this page lives, as soon as no other page holds it.
 * `takes` is called each time it is ours, `loses` when another page has taken it over.
 */
export class Lead {
  /** @type {string} */
  #name;
  /** @type {() => void} */
  #takes;
  /** @type {() => void} */
  #loses;
  /** @type {(() => void) | null} */
  #release = null;
  leads = false;

  /**
   * @param {string} name
   * @param {() => void} takes
   * @param {() => void} loses
   */
  constructor(name, takes, loses) {
    [this.#name, this.#takes, this.#loses] = [name, takes, loses];
  }

  /** Wait for it behind the page that has it now. */
  wait() {
    void this.#ask({});
  }

  /** Take it from the page that has it. */
  take() {
    if (!this.leads) {
      void this.#ask({ steal: true });
    }
  }

  /** Give it up, for good. */
  release() {
    this.#release?.();
    this.#release = null;
  }

  /** @param {LockOptions} options */
  async #ask(options) {
    if (!navigator.locks) {
      this.#mine();
      return;
    }
    try {
      await navigator.locks.request(this.#name, options, () => this.#held());
    } catch {
      // Another page stole it; wait until that one has gone.
      if (this.leads) {
        this.leads = false;
        this.#loses();
        this.wait();
      }
    }
  }

  #mine() {
    this.leads = true;
    this.#takes();
  }

  #held() {
    if (this.leads) {
      return undefined; // waited for before it was stolen
    }
    this.#mine();
    return new Promise((resolve) => {
      this.#release = () => {
        this.leads = false;
        resolve(undefined);
      };
    });
  }
}
