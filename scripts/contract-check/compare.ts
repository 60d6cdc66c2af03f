import { resolve, type Content, type Document, type Operation, type Parameter, type Schema } from './openapi.js';

const PREFIX = '/api/v2';
const JSON_TYPE = 'application/json';

/** What a schema says of a value itself, apart from its parts. */
const KEYWORDS = [
  'type',
  'format',
  'pattern',
  'enum',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'additionalProperties',
];

/**
 * Everything in which our document differs from the contract, a line each: where, what, and `contract → ours`.
 * In the order of the contract's operations.
 */
export function findDifferences(contract: Document, ours: Document): string[] {
  return new Comparison(contract, ours).run();
}

type Named<T> = ReadonlyMap<string, T>;

class Comparison {
  private readonly differences: string[] = [];

  constructor(
    private readonly contract: Document,
    private readonly ours: Document,
  ) {}

  run(): string[] {
    this.both('', operationsOf(this.contract), operationsOf(this.ours), (at, theirs, our) =>
      this.operation(at, theirs, our),
    );
    return this.differences;
  }

  private operation(at: string, contract: Operation, ours: Operation): void {
    this.value(`${at} scopes`, scopesOf(contract), scopesOf(ours));
    const [theirs, our] = [parametersOf(contract, this.contract), parametersOf(ours, this.ours)];
    this.both(`${at} `, theirs, our, (where, their, own) => this.parameter(where, their, own));
    this.value(`${at} body`, contract.requestBody !== undefined, ours.requestBody !== undefined);
    if (contract.requestBody && ours.requestBody) {
      this.value(`${at} body required`, contract.requestBody.required ?? false, ours.requestBody.required ?? false);
      this.content(`${at} body`, contract.requestBody.content, ours.requestBody.content);
    }
    const responses = [contract, ours].map((operation) => new Map(Object.entries(operation.responses)));
    this.both(`${at} `, responses[0]!, responses[1]!, (where, theirs, our) => {
      if (/ 2\d\d$/.test(where)) this.content(where, theirs.content, our.content);
    });
  }

  private parameter(at: string, contract: Parameter, ours: Parameter): void {
    this.value(`${at} required`, contract.required ?? false, ours.required ?? false);
    this.value(`${at} style`, styleOf(contract), styleOf(ours));
    this.schema(at, contract.schema ?? {}, ours.schema ?? {});
  }

  private content(at: string, contract: Content = {}, ours: Content = {}): void {
    this.value(`${at} content`, Object.keys(contract).sort(), Object.keys(ours).sort());
    const [theirs, our] = [contract[JSON_TYPE]?.schema, ours[JSON_TYPE]?.schema];
    if (theirs && our) this.schema(at, theirs, our);
  }

  private schema(at: string, contractSchema: Schema, ourSchema: Schema): void {
    const [contract, ours] = [resolve(contractSchema, this.contract), resolve(ourSchema, this.ours)];
    for (const keyword of KEYWORDS)
      this.value(`${at} ${keyword}`, normalized(contract, keyword), normalized(ours, keyword));
    if (isFreeForm(contract) !== isFreeForm(ours)) {
      this.value(`${at} free-form`, isFreeForm(contract), isFreeForm(ours));
      return;
    }
    this.properties(at, contract, ours);
    this.both(at, partsOf(contract), partsOf(ours), (where, theirs, our) => this.schema(where, theirs, our));
  }

  private properties(at: string, contract: Schema, ours: Schema): void {
    const [theirs, our] = [contract, ours].map(({ properties = {} }) => new Map(Object.entries(properties)));
    this.both(`${at}.`, theirs!, our!, (where, theirProperty, ourProperty, name) => {
      this.value(`${where} required`, isRequired(contract, name), isRequired(ours, name));
      this.schema(where, theirProperty, ourProperty);
    });
  }

  /** Compares what has the same name on both sides; a name that only one side has is a difference. */
  private both<T>(
    at: string,
    contract: Named<T>,
    ours: Named<T>,
    compare: (where: string, contract: T, ours: T, name: string) => void,
  ): void {
    for (const name of new Set([...contract.keys(), ...ours.keys()])) {
      const [theirs, our] = [contract.get(name), ours.get(name)];
      if (theirs !== undefined && our !== undefined) compare(at + name, theirs, our, name);
      else this.differences.push(`${at + name}: ${theirs === undefined ? 'absent → present' : 'present → absent'}`);
    }
  }

  private value(at: string, contract: unknown, ours: unknown): void {
    const [theirs, our] = [contract, ours].map((value) => (value === undefined ? 'none' : JSON.stringify(value)));
    if (theirs !== our) this.differences.push(`${at}: ${theirs} → ${our}`);
  }
}

function operationsOf(document: Document): Named<Operation> {
  const found = new Map<string, Operation>();
  for (const [path, operations] of Object.entries(document.paths)) {
    const below = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path;
    for (const [method, operation] of Object.entries(operations)) {
      found.set(`${method.toUpperCase()} ${below}`, operation);
    }
  }
  return found;
}

function parametersOf({ parameters = [] }: Operation, { components }: Document): Named<Parameter> {
  const resolved = parameters.map((parameter) => {
    if (!('$ref' in parameter)) return parameter;
    return components!.parameters![parameter.$ref.replace('#/components/parameters/', '')]!;
  });
  return new Map(resolved.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]));
}

/** The scopes of which a caller needs any one, whether they are given in one requirement or as alternatives. */
function scopesOf({ security = [] }: Operation): string[] {
  return [...new Set(security.flatMap((requirement) => Object.values(requirement).flat()))].sort();
}

/** How a list is written out, with the defaults of OpenAPI. */
function styleOf({ in: place, style = place === 'query' ? 'form' : 'simple', explode = style === 'form' }: Parameter) {
  return `${style}${explode ? ', exploded' : ''}`;
}

function normalized(schema: Schema, keyword: string): unknown {
  const value = schema[keyword];
  if (keyword === 'type' && value !== undefined) return [value].flat().sort();
  if (keyword === 'enum' && Array.isArray(value)) return value.map(String).sort();
  if (keyword === 'additionalProperties' && isObject(schema)) return value === undefined || value === true;
  // A control character in a pattern may be itself or its escape.
  if (keyword === 'pattern' && typeof value === 'string') return value.replaceAll('\0', '\\u0000');
  return value;
}

const isObject = ({ type = [] }: Schema) => [type].flat().includes('object');

function isFreeForm(schema: Schema): boolean {
  return isObject(schema) && schema.properties === undefined && schema.additionalProperties === true;
}

const isRequired = ({ required = [] }: Schema, name: string) => required.includes(name);

/** The schemas inside, but for the properties: of items, of further properties and of alternatives. */
function partsOf({ items, additionalProperties, oneOf = [] }: Schema): Named<Schema> {
  const parts = new Map<string, Schema>(oneOf.map((schema, index) => [` oneOf[${index}]`, schema]));
  if (items !== undefined) parts.set('[]', items);
  if (typeof additionalProperties === 'object') parts.set('.{any}', additionalProperties);
  return parts;
}
