/** What the Hybrid plan of the OpenID Foundation demands (oidcc-hybrid-certification-test-plan). */

import { runPlan } from "../support/conformance_plan.ts";

runPlan("oidcc-hybrid");
