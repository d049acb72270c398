/** What may be logged of an error: a database's message can repeat the values of a record. */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return { error: error.name, code: (error as { code?: unknown }).code, frames: frames.map((frame) => frame.trim()) };
}
