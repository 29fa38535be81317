/**
 * Orca's settings that PrusaSlicer has, too, with PrusaSlicer's name and the conversion of the value. No other setting of a
 * profile reaches PrusaSlicer: no G-code, no post-processing script, no limit of the machine, no setting unknown to Orca.
 */

/** `percent` keeps a "%". `ofNozzle`, `ofOuterWall`, `ofSupport` name the base of a "%" where PrusaSlicer's base differs. */
type Kind = 'number' | 'whole' | 'yes' | 'percent' | 'ofNozzle' | 'ofOuterWall' | 'ofSupport'

export const followed: Record<string, readonly [name: string, kind: Kind]> = {
  wall_loops: ['perimeters', 'whole'],
  top_shell_layers: ['top_solid_layers', 'whole'],
  bottom_shell_layers: ['bottom_solid_layers', 'whole'],
  top_shell_thickness: ['top_solid_min_thickness', 'number'],
  bottom_shell_thickness: ['bottom_solid_min_thickness', 'number'],
  infill_direction: ['fill_angle', 'number'],
  infill_wall_overlap: ['infill_overlap', 'percent'],
  minimum_sparse_infill_area: ['solid_infill_below_area', 'number'],
  infill_anchor: ['infill_anchor', 'percent'],
  infill_anchor_max: ['infill_anchor_max', 'percent'],
  line_width: ['extrusion_width', 'ofNozzle'],
  outer_wall_line_width: ['external_perimeter_extrusion_width', 'ofNozzle'],
  inner_wall_line_width: ['perimeter_extrusion_width', 'ofNozzle'],
  sparse_infill_line_width: ['infill_extrusion_width', 'ofNozzle'],
  internal_solid_infill_line_width: ['solid_infill_extrusion_width', 'ofNozzle'],
  top_surface_line_width: ['top_infill_extrusion_width', 'ofNozzle'],
  support_line_width: ['support_material_extrusion_width', 'ofNozzle'],
  initial_layer_line_width: ['first_layer_extrusion_width', 'ofNozzle'],
  outer_wall_speed: ['external_perimeter_speed', 'number'],
  inner_wall_speed: ['perimeter_speed', 'number'],
  small_perimeter_speed: ['small_perimeter_speed', 'ofOuterWall'],
  sparse_infill_speed: ['infill_speed', 'number'],
  internal_solid_infill_speed: ['solid_infill_speed', 'number'],
  top_surface_speed: ['top_solid_infill_speed', 'number'],
  gap_infill_speed: ['gap_fill_speed', 'number'],
  bridge_speed: ['bridge_speed', 'number'],
  support_speed: ['support_material_speed', 'number'],
  support_interface_speed: ['support_material_interface_speed', 'ofSupport'],
  initial_layer_speed: ['first_layer_speed', 'number'],
  travel_speed: ['travel_speed', 'number'],
  travel_speed_z: ['travel_speed_z', 'number'],
  ironing_speed: ['ironing_speed', 'number'],
  slow_down_for_layer_cooling: ['cooling', 'yes'],
  slow_down_layer_time: ['slowdown_below_layer_time', 'whole'],
  slow_down_min_speed: ['min_print_speed', 'number'],
  fan_cooling_layer_time: ['fan_below_layer_time', 'whole'],
  fan_min_speed: ['min_fan_speed', 'whole'],
  fan_max_speed: ['max_fan_speed', 'whole'],
  overhang_fan_speed: ['bridge_fan_speed', 'whole'],
  close_fan_the_first_x_layers: ['disable_fan_first_layers', 'whole'],
  full_fan_speed_layer: ['full_fan_speed_layer', 'whole'],
  reduce_fan_stop_start_freq: ['fan_always_on', 'yes'],
  retraction_length: ['retract_length', 'number'],
  retraction_speed: ['retract_speed', 'number'],
  deretraction_speed: ['deretract_speed', 'number'],
  retract_restart_extra: ['retract_restart_extra', 'number'],
  retraction_minimum_travel: ['retract_before_travel', 'number'],
  retract_when_changing_layer: ['retract_layer_change', 'yes'],
  retract_before_wipe: ['retract_before_wipe', 'percent'],
  retract_lift_above: ['retract_lift_above', 'number'],
  retract_lift_below: ['retract_lift_below', 'number'],
  wipe: ['wipe', 'yes'],
  z_hop: ['retract_lift', 'number'],
  filament_diameter: ['filament_diameter', 'number'],
  filament_density: ['filament_density', 'number'],
  filament_flow_ratio: ['extrusion_multiplier', 'number'],
  filament_max_volumetric_speed: ['filament_max_volumetric_speed', 'number'],
  brim_width: ['brim_width', 'number'],
  brim_object_gap: ['brim_separation', 'number'],
  skirt_loops: ['skirts', 'whole'],
  skirt_distance: ['skirt_distance', 'number'],
  skirt_height: ['skirt_height', 'whole'],
  min_skirt_length: ['min_skirt_length', 'number'],
  enable_support: ['support_material', 'yes'],
  support_angle: ['support_material_angle', 'number'],
  support_threshold_angle: ['support_material_threshold', 'whole'],
  support_on_build_plate_only: ['support_material_buildplate_only', 'yes'],
  support_top_z_distance: ['support_material_contact_distance', 'number'],
  support_bottom_z_distance: ['support_material_bottom_contact_distance', 'number'],
  support_interface_top_layers: ['support_material_interface_layers', 'whole'],
  support_interface_bottom_layers: ['support_material_bottom_interface_layers', 'whole'],
  support_interface_spacing: ['support_material_interface_spacing', 'number'],
  support_base_pattern_spacing: ['support_material_spacing', 'number'],
  support_object_xy_distance: ['support_material_xy_spacing', 'number'],
  raft_layers: ['raft_layers', 'whole'],
  raft_contact_distance: ['raft_contact_distance', 'number'],
  raft_expansion: ['raft_expansion', 'number'],
  raft_first_layer_density: ['raft_first_layer_density', 'percent'],
  raft_first_layer_expansion: ['raft_first_layer_expansion', 'number'],
  spiral_mode: ['spiral_vase', 'yes'],
  ironing_flow: ['ironing_flowrate', 'percent'],
  ironing_spacing: ['ironing_spacing', 'number'],
  fuzzy_skin_thickness: ['fuzzy_skin_thickness', 'number'],
  fuzzy_skin_point_distance: ['fuzzy_skin_point_dist', 'number'],
  elefant_foot_compensation: ['elefant_foot_compensation', 'number'],
  xy_contour_compensation: ['xy_size_compensation', 'number'],
  resolution: ['gcode_resolution', 'number'],
  slice_closing_radius: ['slice_closing_radius', 'number'],
  bridge_flow: ['bridge_flow_ratio', 'number'],
  bridge_angle: ['bridge_angle', 'number'],
  thick_bridges: ['thick_bridges', 'yes'],
  detect_thin_wall: ['thin_walls', 'yes'],
  detect_overhang_wall: ['overhangs', 'yes'],
  reduce_crossing_wall: ['avoid_crossing_perimeters', 'yes'],
  wall_distribution_count: ['wall_distribution_count', 'whole'],
  wall_transition_length: ['wall_transition_length', 'percent'],
  wall_transition_angle: ['wall_transition_angle', 'number'],
  wall_transition_filter_deviation: ['wall_transition_filter_deviation', 'percent'],
  min_bead_width: ['min_bead_width', 'percent'],
  min_feature_size: ['min_feature_size', 'percent'],
}

const fills: Record<string, string> = {
  ...{ 'zig-zag': 'rectilinear', monotonic: 'rectilinear', monotonicline: 'rectilinear', crosshatch: 'grid' },
  'tri-hexagon': 'stars',
}
const surfaces: Record<string, string> = { 'zig-zag': 'rectilinear', monotonicline: 'monotonic' }
const sameFills =
  'rectilinear alignedrectilinear grid triangles cubic line concentric honeycomb 3dhoneycomb gyroid hilbertcurve archimedeanchords octagramspiral adaptivecubic supportcubic lightning'
const sameSurfaces = 'rectilinear monotonic alignedrectilinear concentric hilbertcurve archimedeanchords octagramspiral'

export interface Choice {
  name: string
  /** From Orca's value to PrusaSlicer's. */
  words: Record<string, string>
  /** The value for one that `words` does not have. */
  otherwise: string
}

export const choices: Record<string, Choice> = {
  sparse_infill_pattern: { name: 'fill_pattern', words: { ...same(sameFills), ...fills }, otherwise: 'grid' },
  top_surface_pattern: {
    name: 'top_fill_pattern',
    words: { ...same(sameSurfaces), ...surfaces },
    otherwise: 'monotonic',
  },
  bottom_surface_pattern: {
    name: 'bottom_fill_pattern',
    words: { ...same(sameSurfaces), ...surfaces },
    otherwise: 'monotonic',
  },
  seam_position: {
    name: 'seam_position',
    words: { ...same('nearest aligned random'), back: 'rear' },
    otherwise: 'aligned',
  },
  // With auto_brim, Orca decides by the model; PrusaSlicer cannot.
  brim_type: {
    name: 'brim_type',
    words: { ...same('no_brim outer_only inner_only outer_and_inner'), auto_brim: 'no_brim' },
    otherwise: 'outer_only',
  },
  wall_generator: { name: 'perimeter_generator', words: same('classic arachne'), otherwise: 'arachne' },
  fuzzy_skin: { name: 'fuzzy_skin', words: { ...same('none external all'), allwalls: 'all' }, otherwise: 'none' },
  slicing_mode: { name: 'slicing_mode', words: same('regular even_odd close_holes'), otherwise: 'regular' },
  draft_shield: { name: 'draft_shield', words: same('disabled enabled'), otherwise: 'disabled' },
  support_style: {
    name: 'support_material_style',
    words: { ...same('grid snug'), default: 'grid' },
    otherwise: 'grid',
  },
  support_base_pattern: {
    name: 'support_material_pattern',
    words: { ...same('rectilinear rectilinear-grid honeycomb'), default: 'rectilinear' },
    otherwise: 'rectilinear',
  },
  support_interface_pattern: {
    name: 'support_material_interface_pattern',
    words: { ...same('auto rectilinear concentric'), rectilinear_interlaced: 'rectilinear' },
    otherwise: 'auto',
  },
}

function same(words: string): Record<string, string> {
  return Object.fromEntries(words.split(' ').map(word => [word, word]))
}

/** Also followed, each by its own code in config.ts. */
export const followedOtherwise = [
  ...['layer_height', 'initial_layer_print_height', 'nozzle_diameter', 'printable_area', 'printable_height'],
  ...['sparse_infill_density', 'ironing_type', 'support_type', 'wall_sequence'],
]
