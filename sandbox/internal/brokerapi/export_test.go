package brokerapi

// Tables returns what the front knows of the specification: the parameters that have a rule, the filters of each route,
// and the keys of each route's body.
func Tables() (parameters []string, filters, bodies map[string][]string) {
	for name := range parameterRules() {
		parameters = append(parameters, name)
	}
	bodies = make(map[string][]string)
	for route, fields := range routeBodies() {
		for _, f := range fields {
			bodies[route] = append(bodies[route], f.name)
		}
	}
	return parameters, routeFilters(), bodies
}
