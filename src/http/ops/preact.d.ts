/** The route serves the library under this name: see ops-routes.ts. */
export { Component, h, render } from 'preact';
