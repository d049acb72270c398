/** What a side's answers have had of its records. Rows are never altered, only replaced: each is one version of its record. */

export interface Sightings<Row extends object> {
  /** An answer has these. */
  show(rows: readonly Row[]): readonly Row[];
  /** A listing should have these, and must not show them. */
  leaveOut(rows: readonly Row[]): void;
  /** Whether a listing left this version out, and no answer has ever had it. */
  isOverlooked(row: Row): boolean;
}

export function createSightings<Row extends object>(): Sightings<Row> {
  const shown = new WeakSet<Row>();
  const leftOut = new WeakSet<Row>();
  return {
    show(rows) {
      for (const row of rows) shown.add(row);
      return rows;
    },
    leaveOut(rows) {
      for (const row of rows) leftOut.add(row);
    },
    isOverlooked: (row) => leftOut.has(row) && !shown.has(row),
  };
}
