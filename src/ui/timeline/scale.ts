/** Where offsets lie on a line: each has a cell of the same width, side by side. */
export class OffsetScale {
  readonly from: number;
  readonly to: number;
  readonly width: number;

  /** @param width in pixels */
  constructor(from: number, to: number, width: number) {
    [this.from, this.to, this.width] = [from, Math.max(from, to), width];
  }

  get count(): number {
    return this.to - this.from + 1;
  }

  /** The left edge of an offset's cell; the right one is that of the next. */
  leftOf(offset: number): number {
    return ((offset - this.from) / this.count) * this.width;
  }

  middleOf(offset: number): number {
    return this.leftOf(offset) + this.width / this.count / 2;
  }

  /** The nearest offset in view. */
  offsetAt(x: number): number {
    const place = Math.floor((x / Math.max(1, this.width)) * this.count);
    return this.from + Math.max(0, Math.min(place, this.count - 1));
  }
}
