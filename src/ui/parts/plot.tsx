import { useLayoutEffect, useRef } from "preact/hooks";
import UPlot, { type AlignedData, type Options, type Series } from "uplot";
import { useWidth } from "../timeline/canvas.js";

interface PlotProps {
  readonly label: string;
  readonly height: number;
  /** One list of numbers for each series, of the same length. */
  readonly data: ReadonlyArray<ReadonlyArray<number | null>>;
  readonly options: Omit<Options, "width" | "height">;
}

/** A uPlot that is drawn anew with its data: what is shown here is small. */
export function Plot({ label, height, data, options }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  useLayoutEffect(() => {
    if (box.current === null || width === 0) return;
    const series = options.series.map((one) => withPaths(one));
    const plot = new UPlot({ ...options, series, width, height }, data as unknown as AlignedData, box.current);
    return () => plot.destroy();
  }, [data, options, width, height]);
  return <div ref={box} class="uplot-box" role="img" aria-label={label} style={{ height: `${height}px` }} />;
}

function withPaths(series: Series & { isBars?: boolean; isSteps?: boolean }): Series {
  const { bars, stepped } = UPlot.paths;
  const { isBars, isSteps, ...plain } = series;
  const points = { show: false };
  if (isBars === true && bars !== undefined) return { ...plain, points, paths: bars({ size: [0.8, 40] }) };
  if (isSteps === true && stepped !== undefined) return { ...plain, paths: stepped({ align: 1 }) };
  return plain;
}
