const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for element content and quoted attribute values. */
export function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
