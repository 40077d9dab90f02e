"""Brings every table of the desk onto the one metadata: what migrations compare the database with."""

from loopdesk.desk import (
    acceptance,
    actions,
    arbitration,
    attachments,
    breach,
    casefile,
    customers,
    duty,
    emergency,
    escalation,
    handoff,
    impact,
    likeness,
    negotiation,
    people,
    record,
    search,
    skills,
    subcases,
    thresholds,
    tokens,
)
from loopdesk.desk.classification import guess as classification
from loopdesk.desk.closure import tables as closure
from loopdesk.desk.closure import verification
from loopdesk.desk.contacting.rows import call_, watched
from loopdesk.desk.credentials import credential, sign_in_try
from loopdesk.desk.crm.assets import asset
from loopdesk.desk.crm.contracts import contract
from loopdesk.desk.diagnosis.course import diagnosis, diagnosis_step, finding
from loopdesk.desk.drills.history import drill_, drill_answer
from loopdesk.desk.duplicates.links import case_link
from loopdesk.desk.feedback import survey
from loopdesk.desk.feedback.tables import feedback_
from loopdesk.desk.figures import TABLES as FIGURE_TABLES
from loopdesk.desk.implementation.change_rows import change_
from loopdesk.desk.implementation.representatives import representative_
from loopdesk.desk.implementation.signing import signature_ as change_signature
from loopdesk.desk.implementation.tables import alarm_, implementation_, milestone_
from loopdesk.desk.implementation.tables import review_ as customer_review
from loopdesk.desk.letters import communication
from loopdesk.desk.raci.advice import advice
from loopdesk.desk.response.allhands import hand_
from loopdesk.desk.response.awards import compensation_
from loopdesk.desk.response.expectations import expectation
from loopdesk.desk.response.measures import measure_
from loopdesk.desk.response.reviews import review_
from loopdesk.desk.runbooks.course import runbook_tick, runbook_use
from loopdesk.desk.runbooks.review import runbook_review
from loopdesk.desk.sentiment.tables import recovery_, sentiment_, sentiment_mark
from loopdesk.desk.sla.rows import clock, clock_event
from loopdesk.desk.team import board, meetings, risk, scores, taskforce
from loopdesk.desk.themes.tables import theme_
from loopdesk.desk.war_room.rooms import room_

TABLES = (
    record.case_,
    record.case_number,
    record.involved,
    people.person,
    people.membership,
    skills.training,
    duty.duty_,
    escalation.escalation_,
    credential,
    sign_in_try,
    tokens.api_token,
    customers.organisation,
    customers.contact_,
    asset,
    contract,
    communication,
    call_,
    watched,
    attachments.attachment,
    classification.classification,
    classification.classification_model,
    search.searched,
    likeness.likeness,
    case_link,
    impact.impact_figure,
    negotiation.negotiation,
    clock_event,
    clock,
    breach.trace_,
    advice,
    thresholds.decision,
    handoff.handoff_,
    handoff.signature,
    arbitration.arbitration_,
    *emergency.TABLES,
    room_,
    measure_,
    hand_,
    review_,
    expectation,
    compensation_,
    runbook_use,
    runbook_tick,
    runbook_review,
    drill_,
    drill_answer,
    verification.verification,
    *acceptance.TABLES,
    *closure.TABLES,
    survey.survey_,
    *FIGURE_TABLES,
    feedback_,
    diagnosis,
    diagnosis_step,
    finding,
    subcases.subcase,
    casefile.casefile,
    implementation_,
    milestone_,
    alarm_,
    customer_review,
    change_,
    change_signature,
    representative_,
    actions.action_,
    board.board_,
    board.item_,
    taskforce.taskforce_,
    taskforce.member_,
    taskforce.entry_,
    meetings.meeting_,
    meetings.attendee_,
    scores.rating_,
    risk.risk_,
    sentiment_,
    sentiment_mark,
    recovery_,
    theme_,
)
