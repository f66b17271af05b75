import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { runInPage } from './run-in-page.ts';
import { stepsOf } from './steps.ts';

const start = 'YogaGraphiQL.renderYogaGraphiQL(';

/**
 * GraphiQL's page with a bar above it that signs in. All of it is inline: it works offline.
 *
 * The page has no right of its own: its button calls the public `register` and `login`, as anybody may. No cookie signs
 * requests, so other sites cannot forge them; the tokens lie in the origin's localStorage, and all other answers of this
 * origin are forbidden to run scripts (`security-headers.ts`).
 *
 * @param developmentAccount whether to offer the button; false in production.
 */
export function renderPage(options: {
  title: string;
  endpoint: string;
  developmentAccount: boolean;
}): string {
  const { title, endpoint, developmentAccount } = options;
  const page = renderGraphiQL({ title, endpoint, subscriptionsProtocol: 'SSE' });
  const at = page.lastIndexOf(start);
  if (at < 0) throw new Error('The page of GraphiQL is not made as it was');
  const given = { endpoint, developmentAccount, tabs: stepsOf(developmentAccount) };
  const prepare = `const pressrunOptions = (${runInPage.toString()})(${JSON.stringify(given)});`;
  return `${page.slice(0, at)}${prepare}\n${page.slice(at).replace('{', '{ ...pressrunOptions, ')}`;
}
