/** The parts of an OpenAPI 3.1 document that are compared. Descriptions, examples and defaults are not among them. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema>; parameters?: Record<string, Parameter> };
}

export interface Operation {
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { content?: Content }>;
  security?: Record<string, string[]>[];
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  style?: string;
  explode?: boolean;
  schema?: Schema;
}

export type Content = Record<string, { schema?: Schema }>;

export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  [keyword: string]: unknown;
}

const NULL = 'null';

/** The same schema without references, `allOf`, and `anyOf` that only adds null; one level deep. */
export function resolve(schema: Schema, document: Document): Schema {
  const { $ref, allOf = [], anyOf, ...own } = schema;
  const [nullable, ...others] = [...(anyOf ?? [])].sort((a, b) => Number(b.type === NULL) - Number(a.type === NULL));
  const addsNull = nullable?.type === NULL && others.length === 1;
  const bases = [...($ref === undefined ? [] : [lookUp($ref, document)]), ...allOf, ...(addsNull ? others : [])];
  const whole: Schema = Object.assign({}, ...bases.map((base) => resolve(base, document)), own) as Schema;
  if (addsNull) return { ...whole, type: [whole.type ?? [], NULL].flat() };
  return anyOf === undefined ? whole : { ...whole, anyOf };
}

function lookUp(ref: string, document: Document): Schema {
  const name = ref.replace('#/components/schemas/', '');
  const schema = document.components?.schemas?.[name];
  if (schema === undefined) throw new Error(`${ref} is not in the document`);
  return schema;
}
