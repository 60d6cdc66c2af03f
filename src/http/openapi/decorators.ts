import type * as Swagger from '@nestjs/swagger';

/**
 * The decorators of @nestjs/swagger, put off until a document is made. The service publishes the committed document, so
 * at run time they would only cost: 4 MB, a sixth of the processor time of a start, and 18 MB of dependencies.
 */
type Decorators = Pick<
  typeof Swagger,
  | 'ApiBody'
  | 'ApiConsumes'
  | 'ApiExcludeController'
  | 'ApiExtension'
  | 'ApiExtraModels'
  | 'ApiProperty'
  | 'ApiResponse'
  | 'ApiSecurity'
  | 'ApiTags'
>;

const postponed: ((swagger: typeof Swagger) => void)[] = [];

function later<Name extends keyof Decorators>(name: Name): Decorators[Name] {
  const decorator =
    (...options: unknown[]) =>
    (...place: unknown[]) => {
      postponed.push((swagger) => {
        const make = swagger[name] as (...given: unknown[]) => (...decorated: unknown[]) => void;
        make(...options)(...place);
      });
    };
  return decorator;
}

export const ApiBody = later('ApiBody');
export const ApiConsumes = later('ApiConsumes');
export const ApiExcludeController = later('ApiExcludeController');
export const ApiExtension = later('ApiExtension');
export const ApiExtraModels = later('ApiExtraModels');
export const ApiProperty = later('ApiProperty');
export const ApiResponse = later('ApiResponse');
export const ApiSecurity = later('ApiSecurity');
export const ApiTags = later('ApiTags');

/** Where a document has the schema of a class. */
export const schemaPath = (type: { name: string }) => `#/components/schemas/${type.name}`;

/** Decorates everything that was put off; to be called once, when all controllers and DTOs are loaded. */
export async function applyDecorations(): Promise<void> {
  const swagger = await import('@nestjs/swagger');
  for (const decorate of postponed.splice(0)) decorate(swagger);
}
