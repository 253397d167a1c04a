import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Express, NextFunction, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { servePortraits } from '../../nodes/face-detect/portrait-routes';
import { INPUT_LIMITS } from '../../src/contract';
import type { PortraitAbout } from '../../src/face/previews';
import { faceDetect } from '../../src/face/stage';

const express = createRequire(__filename)('express') as { (): Express; json(): never };

describe('A preview of a portrait with settings that nobody saved', () => {
  /** Kinds of values that Node-RED was asked for, on its own thread. */
  let evaluated: string[] = [];
  let server: Server;
  let url: string;

  before(async () => {
    const app = express();
    app.use(express.json());
    // An engine that says what it is asked.
    const studio = { limits: INPUT_LIMITS, preview: async (_name: string, about: object) => about };
    const RED = {
      httpAdmin: app,
      settings: {},
      auth: { needsPermission: () => (_: Request, __: Response, next: NextFunction) => next() },
      nodes: { getNode: (id: string) => (id === 'a-studio' ? { openStudio: () => studio } : null) },
      util: {
        evaluateNodeProperty: (
          _value: string,
          kind: string,
          _node: unknown,
          _msg: unknown,
          done: (error: null, value: unknown) => void,
        ) => {
          evaluated.push(kind);
          done(null, 0.25);
        },
      },
    } as unknown as NodeAPI;
    servePortraits(RED);
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lipwire-preview/portrait`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('looks values up, and evaluates no expression, which could keep the thread for ever', async () => {
    evaluated = [];
    const expression = '($f := function($x) { $f($x + 1) }; $f(1))';
    const config = {
      studio: 'a-studio',
      portraitType: 'avatar',
      minScore: 'least',
      minScoreType: 'flow',
      padding: expression,
      paddingType: 'jsonata',
      select: 'reference',
      reference: expression,
      referenceType: 'jsonata',
    };
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ node: 'new', asker: 'me', config }),
    });
    const { input, parameters } = (await answer.json()) as PortraitAbout;
    assert.deepEqual(evaluated, ['flow']);
    assert.equal(parameters.minScore, 0.25);
    assert.equal(parameters.padding, faceDetect.parameters.padding.default);
    assert.equal('reference' in input, false);
  });
});
