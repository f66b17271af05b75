import { ForbiddenError } from '../../domain/errors/errors.ts';
import { covers, type Role, type Viewer } from '../../domain/viewer.ts';

/** The only check of roles. @throws ForbiddenError if the viewer's role does not cover the needed one. */
export function requireRole(viewer: Viewer, needed: Role): void {
  if (!covers(viewer.role, needed)) throw new ForbiddenError(needed);
}
