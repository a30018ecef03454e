import { useEffect, useState } from "preact/hooks";

/** A number that rises every `ms`, for what is asked again while it is in sight. @param ms 0 stands still */
export function useTick(ms: number): number {
  const [tick, next] = useState(0);
  useEffect(() => {
    if (ms === 0) return;
    const timer = setInterval(() => next((before) => before + 1), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return tick;
}
