// A certified OpenID Connect provider (npm oidc-provider) for tests: people, client and port come as JSON in the one argument.
// It prints "ready" when it listens, and stops when its standard input ends.
import Provider from 'oidc-provider';

const { issuer, port, client, people, short } = JSON.parse(process.argv[2]);
const provider = new Provider(issuer, {
  clients: [{ ...client, grant_types: ['authorization_code'], response_types: ['code'] }],
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  conformIdTokenClaims: !short,
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => {
        ctx.body = `<!doctype html><html lang="en"><title>Sign out</title><body>${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Yes</button></body></html>`;
      },
    },
  },
  findAccount: (ctx, id) => people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) },
  renderError: async (ctx, out) => { ctx.body = JSON.stringify(out); },
});
// Its own pages would fetch a font from elsewhere.
provider.use(async (ctx, next) => {
  await next();
  if (typeof ctx.body === 'string') ctx.body = ctx.body.replace(/@import url\([^)]*\);?/g, '');
});
provider.listen(port, '127.0.0.1', () => console.log('ready'));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
