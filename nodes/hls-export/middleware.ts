/** What Node-RED puts before the routes of its HTTP nodes. */
import type { NextFunction, Request, Response } from 'express';

export type Handler = (request: Request, response: Response, next: NextFunction) => void;

/** The setting `httpNodeMiddleware`: one function, or several. */
export function middlewareOf(setting: unknown): Handler[] {
  const list: unknown[] = Array.isArray(setting) ? setting : [setting];
  return list.filter((entry): entry is Handler => typeof entry === 'function');
}
