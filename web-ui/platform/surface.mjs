// The canvas and its frames: one is drawn only after something changed, never in a loop.

export class Surface {
  /** @param {{core, canvas: HTMLCanvasElement, onMirror: (tree) => void}} parts */
  constructor({ core, canvas, onMirror }) {
    this.core = core;
    this.canvas = canvas;
    this.onMirror = onMirror;
    this.frames = 0;
    this.pending = 0;
    this.lastFrame = 0;
    this.scale = devicePixelRatio;
    this.isLost = false;
    this.forcedColors = matchMedia('(forced-colors: active)');
    this.#watchSize();
    this.#watchContext();
    addEventListener('scroll', () => this.invalidate(), { passive: true });
    document.addEventListener('visibilitychange', () => this.invalidate());
    this.#choosePlain();
  }

  invalidate() {
    if (this.pending || document.hidden) return;
    this.pending = requestAnimationFrame((time) => this.#draw(time));
  }

  /** The mirror was emptied: the next frame fills it, changed or not. */
  forgetMirror() {
    this.onMirror({ height: 0, nodes: [] });
    this.mirrorStale = true;
  }

  #draw(time) {
    this.pending = 0;
    const { width, height } = this.#fitCanvas();
    if (width === 0) return;
    const gap = (time - this.lastFrame) / 1000;
    // After a pause a movement starts from here, not from the frame before the pause.
    const secs = gap > 0.1 ? 1 / 60 : gap;
    this.lastFrame = time;
    this.frames += 1;
    const { scale, core } = this;
    const { moving, mirrorChanged, scrollBy } = core.frame({ width, height, scale, scrollY, secs });
    const top = scrollY + scrollBy; // before the browser cuts it to a lower page
    if (mirrorChanged || this.mirrorStale) this.onMirror(core.mirror());
    this.mirrorStale = false;
    // What is shown plainly lies in the flow, where the browser itself keeps what is read.
    if (scrollBy && !this.plain) scrollTo({ top, behavior: 'instant' });
    if (moving) this.invalidate();
  }

  #fitCanvas() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.scale = devicePixelRatio;
    const [w, h] = [Math.round(width * this.scale), Math.round(height * this.scale)];
    if (this.canvas.width !== w) this.canvas.width = w;
    if (this.canvas.height !== h) this.canvas.height = h;
    return { width, height };
  }

  #watchSize() {
    new ResizeObserver(() => this.invalidate()).observe(this.canvas);
    const watchScale = () => {
      matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
        'change',
        () => {
          this.invalidate();
          watchScale();
        },
        { once: true },
      );
    };
    watchScale();
  }

  #watchContext() {
    this.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      this.isLost = true;
      this.#choosePlain();
    });
    this.canvas.addEventListener('webglcontextrestored', () => {
      this.core.restoreRenderer();
      this.isLost = false;
      this.#choosePlain();
    });
    this.forcedColors.addEventListener('change', () => this.#choosePlain());
  }

  /** Where nothing can be drawn, or in colours that a person forces, the semantic document is shown plainly. */
  #choosePlain() {
    this.plain = !this.core.canDraw || this.isLost || this.forcedColors.matches;
    document.documentElement.classList.toggle('plain', this.plain);
    this.invalidate();
  }
}
