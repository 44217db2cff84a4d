/** What the Implicit plan of the OpenID Foundation demands (oidcc-implicit-certification-test-plan). */

import { runPlan } from "../support/conformance_plan.ts";

runPlan("oidcc-implicit");
