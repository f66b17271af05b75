import { describe, expect, it } from 'vitest';
import { createClient, expectResult, MeDocument, RequestError } from '../../client/index.ts';
import { freePort } from '../support/services/free-port.ts';
import { serve } from './support/scripted-server.ts';

describe('createClient', () => {
  it('sends the document, its variables and the token, and returns the data', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response, body) => {
      seen.push(request.headers.authorization, body);
      response.end('{"data":{"me":{"id":"1","email":"a@example.com"}}}');
    });
    const { me } = await createClient({ url, token: 'abc' }).run(MeDocument, {});
    expect(me).toEqual({ id: '1', email: 'a@example.com' });
    expect(seen).toEqual(['Bearer abc', { query: expect.stringContaining('query Me'), variables: {} }]);
  });

  it('tells all errors of an answer, with their codes and fields', async () => {
    const fields = [{ path: 'input.brand', message: 'must not be empty' }];
    const errors = [
      { message: 'One.', extensions: { code: 'INVALID_INPUT', fields } },
      { message: 'Two.', extensions: { code: 'INTERNAL' } },
      { message: 'Three.' },
    ];
    const url = await serve((_request, response) => response.end(JSON.stringify({ data: null, errors })));
    await expect(createClient({ url }).run(MeDocument, {})).rejects.toMatchObject({
      name: 'RequestError',
      message: 'One.; Two.; Three.',
      codes: ['INVALID_INPUT', 'INTERNAL'],
      reasons: [{ fields }, {}, {}],
    });
  });

  it('names the status of an answer that is not GraphQL', async () => {
    const url = await serve((_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
    await expect(createClient({ url }).run(MeDocument, {})).rejects.toMatchObject({
      codes: ['HTTP_502'],
      message: expect.stringContaining(url),
    });
  });

  it('refuses JSON that is not GraphQL', async () => {
    const url = await serve((_request, response) => response.end('[]'));
    await expect(createClient({ url }).run(MeDocument, {})).rejects.toThrow(RequestError);
  });

  it('names the address where nothing answers, and why', async () => {
    const url = `http://127.0.0.1:${await freePort()}/graphql`;
    await expect(createClient({ url }).run(MeDocument, {})).rejects.toMatchObject({
      name: 'ConnectionError',
      message: `Nothing answers at ${url} (ECONNREFUSED).`,
    });
  });

  it('tells an answer that is cut off from one that is wrong', async () => {
    const url = await serve((_request, response) => {
      response.write('{"data":', () => response.destroy());
    });
    await expect(createClient({ url }).run(MeDocument, {})).rejects.toMatchObject({
      name: 'ConnectionError',
    });
  });

  it('gives up with the reason of the signal', async () => {
    const arrived = Promise.withResolvers<void>();
    const url = await serve(() => arrived.resolve());
    const stop = new AbortController();
    const answer = createClient({ url }).run(MeDocument, {}, { signal: stop.signal });
    await arrived.promise;
    stop.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
});

describe('expectResult', () => {
  type Result =
    | { __typename: 'Thing'; id: string }
    | { __typename: 'NotFoundError'; code: string; message: string };

  it('returns the success', () => {
    const result: Result = { __typename: 'Thing', id: '1' };
    expect(expectResult<Result, 'Thing'>(result, 'Thing').id).toBe('1');
  });

  it('throws a failure with its code', () => {
    const result: Result = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'There is none.' };
    expect(() => expectResult<Result, 'Thing'>(result, 'Thing')).toThrow(
      expect.objectContaining({ message: 'There is none.', codes: ['NOT_FOUND'] }),
    );
  });
});
