import { ForbiddenError } from '../../domain/errors/errors.ts';
import { covers, type Role, type Viewer } from '../../domain/viewer.ts';

/** The only place that says what a role keeps from a viewer. @throws ForbiddenError where another role is needed. */
export function requireRole(viewer: Viewer, needed: Role): void {
  if (!covers(viewer.role, needed)) throw new ForbiddenError(needed);
}
