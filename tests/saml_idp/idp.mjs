// A provider that speaks SAML 2.0 (npm samlp) for tests: people, certificate and port come as JSON in the one argument.
// Whoever is sent to /sso says who they are and comes back. It prints "ready" when it listens.
import express from 'express';
import samlp from 'samlp';

const { port, people, cert, key, options } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}/idp`;
const app = express();
const escaped = (text) => String(text ?? '').replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

app.get('/sso', (req, res, next) => {
  if (people[req.query.as]) return next();
  const kept = ['SAMLRequest', 'RelayState'].map((name) => `<input type="hidden" name="${name}" value="${escaped(req.query[name])}">`);
  res.send(`<!doctype html><html lang="en"><title>Sign in</title><body><form>${kept.join('')}<label>Name <input name="as"></label><button>Sign in</button></form></body></html>`);
}, (req, res, next) => samlp.parseRequest(req, {}, (error, asked) => error ? next(error) : samlp.auth({
  issuer, cert, key, digestAlgorithm: 'sha256', signatureAlgorithm: 'rsa-sha256', lifetimeInSeconds: 120,
  recipient: asked.assertionConsumerServiceURL, destination: asked.assertionConsumerServiceURL,
  getUserFromRequest: () => people[req.query.as],
  getPostURL: (audience, request, _req, callback) => callback(null, asked.assertionConsumerServiceURL),
  ...options,
})(req, res, next)));
app.get('/metadata', samlp.metadata({ issuer, cert, endpointPath: '/sso', redirectEndpointPath: '/sso', postEndpointPath: '/sso' }));
app.listen(port, '127.0.0.1', () => console.log('ready'));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
