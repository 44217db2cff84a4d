/** What the Basic plan of the OpenID Foundation demands (oidcc-basic-certification-test-plan). */

import { runPlan } from "../support/conformance_plan.ts";

for (const require_consent of [false, true]) runPlan("oidcc-basic", { require_consent });
