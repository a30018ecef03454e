import { useLayoutEffect, useRef, useState } from "preact/hooks";

export type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void;

interface CanvasProps {
  readonly draw: Draw;
  readonly height: number;
  readonly label: string;
  readonly onWidth?: (width: number) => void;
}

/** A canvas as wide as its place and as sharp as the screen, drawn anew when `draw` is another function. */
export function Canvas({ draw, height, label, onWidth }: CanvasProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const width = useWidth(ref);
  useLayoutEffect(() => onWidth?.(width), [width, onWidth]);
  useLayoutEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d");
    if (canvas === null || context === null || context === undefined || width === 0) return;
    const density = devicePixelRatio;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  }, [draw, width, height]);
  return <canvas ref={ref} class="plot" style={{ height: `${height}px` }} role="img" aria-label={label} />;
}

export function useWidth(ref: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
