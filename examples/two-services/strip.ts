/** The last requests as small cells, each in the colour of the run that answered it. */

const CELL = 9;
const GAP = 2;
const STEP = CELL + GAP;
const ROWS = 5;

export class Strip {
  /** The newest last; null is a request that failed. */
  #cells: (string | null)[] = [];
  #isDue = false;

  constructor(private readonly canvas: HTMLCanvasElement) {
    new ResizeObserver(() => this.#changed()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#changed());
  }

  /** `colour` is the name of a custom property. */
  add(colour: string | null): void {
    this.#cells.push(colour);
    this.#changed();
  }

  clear(): void {
    this.#cells = [];
    this.#changed();
  }

  /** Painted once a frame at the most, and not at all when nothing has changed. */
  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    this.#isDue = false;
    const { canvas } = this;
    const style = getComputedStyle(canvas);
    const scale = window.devicePixelRatio;
    const [width, height] = [canvas.clientWidth, ROWS * STEP - GAP];
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const columns = Math.max(1, Math.floor((width + GAP) / STEP));
    while (this.#cells.length > columns * ROWS) this.#cells.splice(0, ROWS);
    const context = canvas.getContext("2d");
    if (context === null) return;
    context.scale(scale, scale);
    // Columns fill up from the left and stay where they are until the strip is full.
    for (let n = 0; n < columns * ROWS; n++) {
      const [x, y] = [Math.floor(n / ROWS) * STEP, (n % ROWS) * STEP];
      const cell = this.#cells[n];
      if (cell === null) cross(context, x, y, style.getPropertyValue("--wrong"));
      else {
        context.fillStyle = style.getPropertyValue(cell ?? "--line");
        context.globalAlpha = cell === undefined ? 0.5 : 1;
        context.beginPath();
        context.roundRect(x, y, CELL, CELL, 2);
        context.fill();
        context.globalAlpha = 1;
      }
    }
  }
}

/** Told from the others without colours, too. */
function cross(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 2.5;
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(x + 1.5, y + 1.5);
  context.lineTo(x + CELL - 1.5, y + CELL - 1.5);
  context.moveTo(x + CELL - 1.5, y + 1.5);
  context.lineTo(x + 1.5, y + CELL - 1.5);
  context.stroke();
}
