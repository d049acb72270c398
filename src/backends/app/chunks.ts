/** How much the app is asked at once: the contract says so many records, servers take so long an address. */

export const AT_ONCE = 200;

export function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Ids may be long: the address of a request stays well under the 8 KiB that servers take. */
export function chunkIds(ids: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    length += encodeURIComponent(id).length + 3;
    if (length > 4_000 || chunks.at(-1)?.length === AT_ONCE) {
      chunks.push([]);
      length = encodeURIComponent(id).length;
    }
    chunks.at(-1)?.push(id);
  }
  return chunks;
}
