export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: Category;
  readonly material: string;
  readonly colour: string;
  /** Cents. */
  readonly price: number;
  /** Of five, in halves. */
  readonly rating: number;
}

export const categories = ['lamps', 'chairs', 'tables', 'kitchen', 'garden', 'textiles'] as const;
export type Category = (typeof categories)[number];

const materials = ['Oak', 'Linen', 'Copper', 'Slate', 'Birch', 'Wool', 'Glass', 'Clay'] as const;
export const colours = ['sand', 'moss', 'ink', 'rust', 'snow'] as const;

/** Two kinds of thing per category, each made of every material: 16 products, ids from 100 on. */
const things: Record<Category, readonly [string, string]> = {
  lamps: ['Lamp', 'Floor Lamp'],
  chairs: ['Chair', 'Stool'],
  tables: ['Table', 'Desk'],
  kitchen: ['Kettle', 'Bowl'],
  garden: ['Planter', 'Garden Bench'],
  textiles: ['Blanket', 'Cushion'],
};

export const products: readonly Product[] = categories.flatMap((category, c) =>
  things[category].flatMap((thing, t) =>
    materials.map((material, m): Product => {
      const nth = c * 16 + t * 8 + m;
      return {
        id: 100 + nth,
        name: `${material} ${thing}`,
        category,
        material,
        colour: colours[(nth * 3) % colours.length] ?? colours[0],
        price: 1900 + ((nth * 37 + m * 53) % 97) * 100,
        rating: 3 + ((nth * 7) % 5) / 2,
      };
    }),
  ),
);

const byId = new Map(products.map((product) => [product.id, product]));

/** The product of an id as it stands in an address or form; undefined when there is none. */
export function productOf(id: string): Product | undefined {
  return /^\d{1,6}$/.test(id) ? byId.get(Number(id)) : undefined;
}

/** Others of its category: four, and not the same four for every product. */
export function relatedTo(product: Product): readonly Product[] {
  const others = products.filter(({ id, category }) => category === product.category && id !== product.id);
  return Array.from({ length: 4 }, (_, i) => others[(product.id * 3 + i * 4) % others.length] ?? product);
}

/** How many are left: the same answer every time. */
export function stockOf(product: Product): number {
  return (product.id * 7) % 23;
}

export const euros = (cents: number) => `${(cents / 100).toFixed(2)} €`;

export const pathOf = (product: Product) => `/product/${product.id}.html`;

/** Products whose name, category or colour contain every word of a query. */
export function findProducts(query: string): readonly Product[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 8);
  if (words.length === 0) return [];
  return products.filter((product) => {
    const text = `${product.name} ${product.category} ${product.colour}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
