export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  /** Cents. */
  readonly price: number;
}

export const categories = ['lamps', 'chairs', 'tables', 'kitchen', 'garden', 'textiles'] as const;

const adjectives = ['Oak', 'Linen', 'Copper', 'Slate', 'Birch', 'Wool', 'Glass', 'Clay'];
const nouns: Record<(typeof categories)[number], string> = {
  lamps: 'Lamp',
  chairs: 'Chair',
  tables: 'Table',
  kitchen: 'Kettle',
  garden: 'Planter',
  textiles: 'Blanket',
};

export const products: readonly Product[] = categories.flatMap((category, c) =>
  adjectives.map((adjective, a) => ({
    id: 100 + c * adjectives.length + a,
    name: `${adjective} ${nouns[category]}`,
    category,
    price: 1900 + ((c * 37 + a * 53) % 97) * 100,
  })),
);
