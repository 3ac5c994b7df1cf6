// Runs AWS's own matcher, to find out which events match which patterns. Reads a JSON object from stdin:
//   {"patterns": {NAME: PATTERN AS TEXT, ...}, "events": {NAME: EVENT, ...}}
// and writes one to stdout. It has, for each pattern, the names of the events that match it and its complexity, or why the
// matcher rejects it:
//   {NAME: {"matches": [NAME, ...], "complexity": NUMBER} | {"refused": TEXT}, ...}
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import software.amazon.event.ruler.Machine;
import software.amazon.event.ruler.MachineComplexityEvaluator;

public class MatchEvents {
    private static final int MAX_COMPLEXITY = 1000;

    public static void main(String[] args) throws Exception {
        var mapper = new ObjectMapper();
        var input = mapper.readTree(System.in);
        var output = mapper.createObjectNode();
        for (var pattern : input.get("patterns").properties()) {
            ObjectNode verdict = output.putObject(pattern.getKey());
            var machine = new Machine();
            try {
                machine.addRule("rule", pattern.getValue().asText());
            } catch (Exception refusal) {
                verdict.put("refused", refusal.getMessage());
                continue;
            }
            var matches = verdict.putArray("matches");
            for (var event : input.get("events").properties()) {
                if (!machine.rulesForJSONEvent(event.getValue().toString()).isEmpty()) matches.add(event.getKey());
            }
            verdict.put("complexity", machine.evaluateComplexity(new MachineComplexityEvaluator(MAX_COMPLEXITY)));
        }
        System.out.println(output);
    }
}
