/** Views that are generated from the feature catalogue, in the order in which they are created. */
export function sessionViews(): { name: string; sql: string }[] {
  return [];
}
