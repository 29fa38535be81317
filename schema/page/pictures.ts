/** Addresses of pictures (PNG), relative to the page. All but a job's need a log-in. */
export const pictureOf = {
  /** The model that the current print job prints. */
  job: (printJobId: string) => `api/pictures/jobs/${printJobId}`,
  model: (modelId: string, view: 'isometric' | 'front' | 'side' | 'top' = 'isometric') =>
    `api/pictures/models/${modelId}/${view}`,
  /** `index`: of the `previews` of prepare_status, from 0. */
  layer: (preparationId: string, index: number) => `api/pictures/preparations/${preparationId}/${index}`,
}
