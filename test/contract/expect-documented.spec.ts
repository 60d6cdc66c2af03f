import { expectDocumented } from '../support/openapi.js';

const json = new Headers({ 'content-type': 'application/json; charset=utf-8' });
const tagged = new Headers([...json, ['etag', '"12-older"']]);
const path = '/organizations/org_0000000000000000/enabled_connections/con_0000000000000000';
const row = {
  connection_id: 'con_0000000000000000',
  assign_membership_on_login: false,
  show_as_button: true,
  connection: { name: 'a', strategy: 'okta' },
};
const notFound = { statusCode: 404, error: 'Not Found', message: 'Not Found' };

describe('what every tested answer is held against', () => {
  it('lets a documented answer through, with a query and without a body', () => {
    expectDocumented('GET', path, { status: 200, body: row, headers: tagged });
    expectDocumented('GET', '/organizations?page=0', { status: 200, body: [], headers: json });
    expectDocumented('DELETE', path, { status: 204, body: undefined, headers: new Headers() });
  });

  it('lets 404 through for a path that nobody serves', () => {
    expectDocumented('GET', '/nothing', { status: 404, body: notFound, headers: json });
  });

  it.each<[what: string, method: string, path: string, status: number, body: unknown, message: string]>([
    ['a property that is not declared', 'GET', path, 200, { ...row, more: 1 }, 'must NOT have additional properties'],
    [
      'a property that is missing',
      'GET',
      path,
      200,
      { connection_id: 'con_0' },
      "must have required property 'connection'",
    ],
    [
      'a property of another type',
      'GET',
      path,
      200,
      { ...row, show_as_button: 'no' },
      'body/show_as_button must be boolean',
    ],
    ['a status that is not declared', 'GET', path, 202, row, 'the status is not declared'],
    ['a body where none is declared', 'DELETE', path, 204, {}, 'a body is not declared'],
    ['a path that is not declared', 'GET', '/nothing', 200, {}, 'is not in the document'],
    ['a method that is not declared', 'PUT', path, 200, row, 'is not in the document'],
  ])('fails for %s', (_, method, at, status, body, message) => {
    const headers = method === 'GET' ? tagged : json;
    expect(() => expectDocumented(method, at, { status, body, headers })).toThrow(message);
  });

  it('fails for an entity tag that is missing, weak or not declared', () => {
    const weak = new Headers([...json, ['etag', 'W/"12"']]);
    expect(() => expectDocumented('GET', path, { status: 200, body: row, headers: json })).toThrow('tag is missing');
    expect(() => expectDocumented('GET', path, { status: 200, body: row, headers: weak })).toThrow('tag is W/"12"');
    expect(() => expectDocumented('GET', '/organizations', { status: 200, body: [], headers: tagged })).toThrow(
      'tag "12-older" is not declared',
    );
  });

  it('fails for a content type that is not declared', () => {
    const headers = new Headers({ 'content-type': 'text/html', etag: '"12"' });
    expect(() => expectDocumented('GET', path, { status: 200, body: row, headers })).toThrow('"text/html"');
  });
});
