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
    this.#watchSize();
    this.#watchContext();
    addEventListener('scroll', () => this.invalidate(), { passive: true });
    document.addEventListener('visibilitychange', () => this.invalidate());
    if (!core.canDraw) this.#setPlain(true);
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
    const drawnAt = scrollY;
    let moving = this.#frame({ width, height, secs });
    // The mirror kept what is read in its place.
    if (scrollY !== drawnAt) moving = this.#frame({ width, height, secs: 0 }) || moving;
    if (moving) this.invalidate();
  }

  #frame({ width, height, secs }) {
    const { moving, mirrorChanged } = this.core.frame({ width, height, scale: this.scale, scrollY, secs });
    if (mirrorChanged || this.mirrorStale) this.onMirror(this.core.mirror());
    this.mirrorStale = false;
    return moving;
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

  /** While the context is lost, the semantic document is shown plainly. */
  #watchContext() {
    this.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      this.#setPlain(true);
    });
    this.canvas.addEventListener('webglcontextrestored', () => {
      this.core.restoreRenderer();
      this.#setPlain(false);
      this.invalidate();
    });
  }

  #setPlain(plain) {
    document.documentElement.classList.toggle('plain', plain);
  }
}
