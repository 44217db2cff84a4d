/** What the Form Post plans of the OpenID Foundation demand (oidcc-formpost-basic-, -implicit- and -hybrid-certification-test-plan). */

import { runPlan } from "../support/conformance_plan.ts";

for (const plan of ["oidcc-basic", "oidcc-implicit", "oidcc-hybrid"] as const) {
  runPlan(plan, { form_post: true });
}
